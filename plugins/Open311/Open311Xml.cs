using System.Xml;
using System.Xml.Linq;

namespace PluginGateway.Adapters.Open311;

/// <summary>Reads XML from a system that is not trusted: no DTDs, no entities, bounded in size and depth.</summary>
internal static class Open311Xml
{
    private const int MostBytes = 10 << 20;
    private const int Deepest = 64;

    /// <summary>The root element, or null when the body is not XML of the kind that is read here.</summary>
    public static async Task<XElement?> ReadAsync(HttpContent content, CancellationToken ct)
    {
        using var body = await BufferAsync(content, ct);
        try
        {
            return body is null ? null : Parse(body);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static XElement? Parse(Stream body)
    {
        // Twice over the same bytes: the tree is built only when it is known not to be deep.
        using (var scan = Reader(body))
            while (scan.Read())
                if (scan.Depth > Deepest)
                    return null;

        body.Position = 0;
        using var reader = Reader(body);
        return XDocument.Load(reader).Root;
    }

    private static XmlReader Reader(Stream body) => XmlReader.Create(body, new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MostBytes,
        MaxCharactersFromEntities = 1_024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    });

    /// <summary>The whole body, or null when it is larger than any answer should be.</summary>
    private static async Task<MemoryStream?> BufferAsync(HttpContent content, CancellationToken ct)
    {
        await using var stream = await content.ReadAsStreamAsync(ct);
        var buffer = new MemoryStream();
        var piece = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(piece, ct)) > 0)
        {
            if (buffer.Length + read > MostBytes)
                return null;
            await buffer.WriteAsync(piece.AsMemory(0, read), ct);
        }

        buffer.Position = 0;
        return buffer;
    }
}
