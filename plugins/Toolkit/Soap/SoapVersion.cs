namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>The versions of SOAP.</summary>
public enum SoapVersion
{
    /// <summary>SOAP 1.1: <c>text/xml</c>, and the action in a header of its own.</summary>
    Soap11,

    /// <summary>SOAP 1.2: <c>application/soap+xml</c>, and the action in its content type.</summary>
    Soap12,
}
