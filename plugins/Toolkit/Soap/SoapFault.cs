using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>A fault, of either version.</summary>
public sealed record SoapFault
{
    /// <summary>The code without prefix: <c>Server</c>, <c>Client</c>, <c>Receiver</c>, <c>Sender</c> …</summary>
    public required string Code { get; init; }

    /// <summary>What happened, in the system's words.</summary>
    public required string Reason { get; init; }

    /// <summary>The call itself was refused as wrong, so that nothing was done.</summary>
    public bool IsOfCaller =>
        Code is "Client" or "Sender" or "VersionMismatch" or "MustUnderstand" or "DataEncodingUnknown" || Code.StartsWith("Client.", StringComparison.Ordinal);

    /// <summary>Reads the content of a body.</summary>
    /// <param name="content">The first element in the body.</param>
    /// <returns>The fault, or null when it is none.</returns>
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
