using System.Globalization;
using System.Xml;
using PluginGateway.Adapters.Toolkit.Soap;
using PluginGateway.Adapters.Toolkit.Xml;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>Writes the SOAP envelopes. Symology prescribes the order, the types and the nil elements.</summary>
internal static class SymologyEnvelopes
{
    public const string Namespace = "http://www.symology.co.uk/services";

    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";
    private const string Encoding = "http://schemas.xmlsoap.org/soap/encoding/";

    private static readonly KeyValuePair<string, string>[] Prefixes =
    [
        new("xsi", Xsi),
        new("xsd", "http://www.w3.org/2001/XMLSchema"),
        new("soapenc", Encoding),
        new("tns", Namespace),
    ];

    /// <summary>Returns the full name of an operation: with credentials, a different operation is called.</summary>
    public static string Name(string operation, SymologyLogin? login) => login is null ? operation : operation + "Authenticated";

    public static byte[] Create(SymologyRequest request, DateTime recorded, SymologyLogin? login, bool indent = false) =>
        Write("SendRequestAdditionalGroup", login, indent, writer =>
        {
            writer.WriteStartElement("Request", Namespace);
            Type(writer, "tns:RequestSend");
            foreach (var field in RequestFields.All)
            {
                var value = field switch
                {
                    "RecordedDate" => Date(recorded),
                    "RecordedTime" => Time(recorded),
                    _ => request.Fields.GetValueOrDefault(field),
                };
                // Optional fields are omitted when Perl treats their value as false, as the previous gateway (in Perl) did.
                if (!RequestFields.Optional.Contains(field, StringComparer.Ordinal) || value is not (null or "" or "0"))
                    Text(writer, field, value);
            }

            writer.WriteEndElement();
            WriteCustomer(writer, request, recorded);
            WriteAdditionalFields(writer, request.AdditionalFields);
        });

    public static byte[] Update(SymologyEvent update, SymologyLogin? login) => Write("SendEventAction", login, indent: false, writer =>
    {
        writer.WriteStartElement("EventAction", Namespace);
        Type(writer, "tns:EventActionSend");
        Text(writer, "ServiceCode", update.ServiceCode);
        Text(writer, "CRNo", update.CaseNumber);
        Text(writer, "WebRequestID", update.Reference);
        Text(writer, "EventType", update.EventType);
        Text(writer, "EventDescription", update.EventDescription);
        Text(writer, "UserName", update.UserName);
        Text(writer, "Description", update.Description);
        Text(writer, "NextAction", update.NextAction);
        writer.WriteEndElement();
    });

    public static byte[] Find(string? serviceCode, string reference, SymologyLogin? login) => Write("GetRequestAdditionalGroup", login, indent: false, writer =>
    {
        Text(writer, "ServiceCode", serviceCode);
        Text(writer, "InCRNo", null);
        Text(writer, "InWebRequestID", reference);
        Text(writer, "InInterfaceType", null);
    });

    private static byte[] Write(string operation, SymologyLogin? login, bool indent, Action<XmlWriter> parameters) => SoapEnvelope.Write(
        SoapVersion.Soap11, Prefixes,
        writer =>
        {
            writer.WriteStartElement(Name(operation, login), Namespace);
            if (login is not null)
            {
                Text(writer, "Username", login.Username);
                Text(writer, "Password", login.Password);
            }

            if (operation.StartsWith("Send", StringComparison.Ordinal))
                Nil(writer, "ProcessID");
            parameters(writer);
            writer.WriteEndElement();
        },
        indent: indent);

    private static void WriteCustomer(XmlWriter writer, SymologyRequest request, DateTime recorded)
    {
        writer.WriteStartElement("Customer", Namespace);
        Type(writer, "tns:CustomerSend");
        Text(writer, "CustomerFullName", request.CustomerName);
        Text(writer, "CustomerTelNo", request.Phone);
        Text(writer, "CustomerEmail", request.Email);
        Text(writer, "CustomerType", request.CustomerType);
        Text(writer, "ContactType", request.ContactType);
        Text(writer, "InitialDate", Date(recorded));
        Text(writer, "InitialTime", Time(recorded));
        Text(writer, "ReceivedDate", Date(recorded));
        Text(writer, "ReceivedTime", Time(recorded));
        writer.WriteEndElement();
    }

    private static void WriteAdditionalFields(XmlWriter writer, IReadOnlyList<AdditionalField> fields)
    {
        writer.WriteStartElement("AdditionalFields", Namespace);
        Type(writer, "tns:ArrayOfAdditionalFieldSend");
        foreach (var field in fields)
        {
            writer.WriteStartElement("AdditionalFieldSend", Namespace);
            Type(writer, "tns:AdditionalFieldSend");
            writer.WriteAttributeString("arrayType", Encoding, "xsd:string[3]");
            Text(writer, "FieldLine", field.Line.ToString(CultureInfo.InvariantCulture));
            Text(writer, "ValueType", field.Type.ToString(CultureInfo.InvariantCulture));
            Text(writer, "DataValue", field.Value);
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    private static void Type(XmlWriter writer, string name) => writer.WriteAttributeString("type", Xsi, name);

    private static void Text(XmlWriter writer, string name, string? value)
    {
        if (value is null)
        {
            Nil(writer, name);
            return;
        }

        writer.WriteStartElement(name, Namespace);
        Type(writer, "xsd:string");
        writer.WriteString(XmlCharacters.Clean(value));
        writer.WriteEndElement();
    }

    private static void Nil(XmlWriter writer, string name)
    {
        writer.WriteStartElement(name, Namespace);
        writer.WriteAttributeString("nil", Xsi, "true");
        writer.WriteEndElement();
    }

    private static string Date(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Time(DateTime time) => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}

/// <summary>The credentials for the <c>Authenticated</c> operations.</summary>
internal sealed record SymologyLogin(string Username, string Password);

/// <summary>A client's update in Symology's terms.</summary>
internal sealed record SymologyEvent
{
    public string? ServiceCode { get; init; }

    public required string CaseNumber { get; init; }

    public string? Reference { get; init; }

    public string? EventType { get; init; }

    public string EventDescription { get; init; } = "";

    public required string UserName { get; init; }

    public required string Description { get; init; }

    public string? NextAction { get; init; }
}
