using System.Text;
using System.Xml;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>Writes envelopes. The bytes are the same for the same content: UTF-8, without mark, without white space between elements.</summary>
public static class SoapEnvelope
{
    internal const string Namespace11 = "http://schemas.xmlsoap.org/soap/envelope/";
    internal const string Namespace12 = "http://www.w3.org/2003/05/soap-envelope";

    /// <summary>Writes one envelope.</summary>
    /// <param name="version">The version of SOAP.</param>
    /// <param name="prefixes">Prefixes declared at the envelope, by prefix; types in <c>xsi:type</c> need theirs declared.</param>
    /// <param name="body">Writes what is in the body.</param>
    /// <param name="token">A user name token for the header.</param>
    /// <param name="indent">For people to read.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Write(
        SoapVersion version, IEnumerable<KeyValuePair<string, string>> prefixes, Action<XmlWriter> body, UsernameToken? token = null, bool indent = false)
    {
        ArgumentNullException.ThrowIfNull(prefixes);
        ArgumentNullException.ThrowIfNull(body);
        var soap = version == SoapVersion.Soap11 ? Namespace11 : Namespace12;
        var buffer = new MemoryStream();
        using (var writer = XmlWriter.Create(
            buffer, new XmlWriterSettings
            {
                Encoding = new UTF8Encoding(false),
                Indent = indent,
                NewLineChars = "\n",
                NewLineHandling = NewLineHandling.Entitize,
            }))
        {
            writer.WriteStartDocument();
            writer.WriteStartElement("soap", "Envelope", soap);
            foreach (var (prefix, uri) in prefixes)
                writer.WriteAttributeString("xmlns", prefix, null, uri);
            if (token is not null)
            {
                writer.WriteStartElement("Header", soap);
                token.Write(writer, soap);
                writer.WriteEndElement();
            }

            writer.WriteStartElement("Body", soap);
            body(writer);
            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        return buffer.ToArray();
    }
}
