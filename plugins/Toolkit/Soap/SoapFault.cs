using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>A SOAP fault of either version.</summary>
public sealed record SoapFault
{
    /// <summary>The code without its prefix: <c>Server</c>, <c>Client</c>, <c>Receiver</c>, <c>Sender</c> and so on.</summary>
    public required string Code { get; init; }

    /// <summary>The reason, as the system states it.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether the fault blames the caller (SOAP 1.1, 4.4.1; SOAP 1.2, 5.4.6): the system refused the call as invalid and did nothing.</summary>
    public bool IsOfCaller =>
        Code is "Client" or "Sender" or "VersionMismatch" or "MustUnderstand" or "DataEncodingUnknown" || Code.StartsWith("Client.", StringComparison.Ordinal);

    /// <summary>Reads a fault from the content of a body.</summary>
    /// <param name="content">The first element in the body; null if there is none.</param>
    /// <returns>The fault; null if the element is not a fault.</returns>
    public static SoapFault? Of(XElement? content)
    {
        if (content?.Name.LocalName != "Fault" || content.Name.NamespaceName is not (SoapEnvelope.Namespace11 or SoapEnvelope.Namespace12))
            return null;

        var code = content.TextOrNull("faultcode") ?? content.Child("Code").Text("Value");
        return new SoapFault
        {
            Code = code[(code.IndexOf(':', StringComparison.Ordinal) + 1)..],
            Reason = content.TextOrNull("faultstring") ?? content.Child("Reason").Text("Text"),
        };
    }
}
