using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>A WS-Security user name token (OASIS Web Services Security UsernameToken Profile 1.0).</summary>
/// <param name="username">The user name.</param>
/// <param name="password">The password.</param>
/// <param name="digest">Whether to send a digest of the password with a nonce and the time, instead of the password itself.</param>
/// <param name="time">The clock for the digest's time stamp.</param>
public sealed class UsernameToken(string username, string password, bool digest, TimeProvider time)
{
    private const string Wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    private const string Wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    private const string Profile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
    private const string Base64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

    internal void Write(XmlWriter writer, string soapNamespace)
    {
        writer.WriteStartElement("wsse", "Security", Wsse);
        writer.WriteAttributeString("mustUnderstand", soapNamespace, "1");
        writer.WriteStartElement("UsernameToken", Wsse);
        writer.WriteElementString("Username", Wsse, username);
        if (digest)
            WriteDigest(writer);
        else
            WritePassword(writer, "PasswordText", password);
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static void WritePassword(XmlWriter writer, string kind, string value)
    {
        writer.WriteStartElement("Password", Wsse);
        writer.WriteAttributeString("Type", $"{Profile}#{kind}");
        writer.WriteString(value);
        writer.WriteEndElement();
    }

    private void WriteDigest(XmlWriter writer)
    {
        var nonce = RandomNumberGenerator.GetBytes(16);
        var created = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
#pragma warning disable CA5350 // The profile requires SHA-1.
        var hash = SHA1.HashData([.. nonce, .. Encoding.UTF8.GetBytes(created + password)]);
#pragma warning restore CA5350
        WritePassword(writer, "PasswordDigest", Convert.ToBase64String(hash));
        writer.WriteStartElement("Nonce", Wsse);
        writer.WriteAttributeString("EncodingType", Base64);
        writer.WriteString(Convert.ToBase64String(nonce));
        writer.WriteEndElement();
        writer.WriteElementString("Created", Wsu, created);
    }
}
