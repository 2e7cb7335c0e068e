namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>The versions of SOAP.</summary>
public enum SoapVersion
{
    /// <summary>SOAP 1.1: <c>text/xml</c>, with the action in a separate header.</summary>
    Soap11,

    /// <summary>SOAP 1.2: <c>application/soap+xml</c>, with the action in the content type.</summary>
    Soap12,
}
