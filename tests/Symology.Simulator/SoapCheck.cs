using System.Xml;
using System.Xml.Linq;

namespace Symology.Simulator;

/// <summary>Reads a SOAP envelope and checks it strictly: namespaces, order, types, nils.</summary>
internal sealed class SoapCheck
{
    public const string Symology = "http://www.symology.co.uk/services";
    public const string Soap = "http://schemas.xmlsoap.org/soap/envelope/";

    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";
    private const string Xsd = "http://www.w3.org/2001/XMLSchema";
    private const string SoapEncoding = "http://schemas.xmlsoap.org/soap/encoding/";

    private static readonly XNamespace Tns = Symology;

    private SoapCheck(XElement operation) => Operation = operation;

    public XElement Operation { get; }

    /// <exception cref="SoapRefusal">The envelope is invalid.</exception>
    public static SoapCheck Read(string? contentType, string? soapAction, byte[] body)
    {
        Demand(contentType is "text/xml; charset=utf-8" or "text/xml;charset=utf-8", $"Content-Type is {contentType}");
        XDocument document;
        try
        {
            document = XDocument.Load(new MemoryStream(body), LoadOptions.PreserveWhitespace);
        }
        catch (XmlException e)
        {
            throw new SoapRefusal(e.Message);
        }

        var envelope = document.Root!;
        Demand(envelope.Name == XName.Get("Envelope", Soap), $"root is {envelope.Name}");
        Demand(envelope.Elements().Select(e => e.Name).SequenceEqual([XName.Get("Body", Soap)]), "the envelope must contain one Body and no header");
        var content = envelope.Elements().Single().Elements().ToList();
        Demand(content is [var only] && only.Name.Namespace == Tns, "the body must contain one operation");
        Demand(soapAction == $"\"{Symology}/{content[0].Name.LocalName}\"", $"SOAPAction is {soapAction}");
        return new SoapCheck(content[0]);
    }

    /// <summary>Returns the children of an element, which must have these names in this order.</summary>
    public static IReadOnlyList<XElement> Children(XElement parent, params IReadOnlyList<string> names)
    {
        Demand(parent.Nodes().All(n => n is XElement), $"text beside the elements of {parent.Name.LocalName}");
        var children = parent.Elements().ToList();
        Demand(
            children.Select(c => c.Name).SequenceEqual(names.Select(n => Tns + n)),
            $"{parent.Name.LocalName} contains {string.Join(' ', children.Select(c => c.Name.LocalName))} instead of {string.Join(' ', names)}");
        return children;
    }

    /// <summary>Returns the text of an element, or null when it is nil.</summary>
    public static string? Text(XElement element)
    {
        if (IsNil(element))
            return null;

        Demand(!element.HasElements, $"{element.Name.LocalName} must be a string");
        IsOf(element, Xsd, "string");
        return element.Value;
    }

    public static bool IsNil(XElement element)
    {
        if (element.Attribute(XName.Get("nil", Xsi))?.Value != "true")
            return false;
        Demand(!element.Nodes().Any() && element.Attributes().Count() == 1, $"{element.Name.LocalName} is nil and has content");
        return true;
    }

    /// <summary>Checks the declared type of an element; its prefix must be declared.</summary>
    public static void IsOf(XElement element, string ns, string type)
    {
        var parts = (element.Attribute(XName.Get("type", Xsi))?.Value ?? "").Split(':');
        Demand(parts.Length == 2 && element.GetNamespaceOfPrefix(parts[0])?.NamespaceName == ns
            && parts[1] == type, $"{element.Name.LocalName} must be of type {type}");
    }

    public static void HasArrayType(XElement element) =>
        Demand(element.Attribute(XName.Get("arrayType", SoapEncoding))?.Value == "xsd:string[3]", $"{element.Name.LocalName} has no soapenc:arrayType");

    public static void Demand(bool holds, string problem)
    {
        if (!holds)
            throw new SoapRefusal(problem);
    }
}

/// <summary>The error for a call that the service refuses as invalid and does not process.</summary>
internal sealed class SoapRefusal(string message) : Exception(message);
