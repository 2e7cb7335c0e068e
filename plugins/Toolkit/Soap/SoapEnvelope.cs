using System.Text;
using System.Xml;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>
/// Writes SOAP envelopes in UTF-8, without a byte order mark and, unless indented, without white space between elements. The same content always
/// gives the same bytes.
/// </summary>
public static class SoapEnvelope
{
    internal const string Namespace11 = "http://schemas.xmlsoap.org/soap/envelope/";
    internal const string Namespace12 = "http://www.w3.org/2003/05/soap-envelope";

    /// <summary>Writes one envelope.</summary>
    /// <param name="version">The version of SOAP.</param>
    /// <param name="prefixes">The namespaces to declare on the envelope, by prefix. Prefixes in values of <c>xsi:type</c> must be among them.</param>
    /// <param name="body">Writes the content of the body.</param>
    /// <param name="token">A user name token for the header; null for no header.</param>
    /// <param name="indent">Whether to indent the XML, for people to read.</param>
    /// <returns>The envelope.</returns>
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
