using System.Runtime.CompilerServices;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>
/// Reads a file of the council's updates: a CSV export, or an XML file of one request. The first character that is not blank determines which.
/// </summary>
internal static class UpdateDocument
{
    public static async IAsyncEnumerable<DocumentEntry> ReadAsync(
        Document document, SymologyMapping mapping, LocalTime local, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var entries = await BeginsWithTagAsync(document, cancellationToken)
            ? XmlUpdates.ReadAsync(document, mapping, local, cancellationToken)
            : CsvUpdates.ReadAsync(document, mapping, local, cancellationToken);
        await foreach (var entry in entries)
            yield return entry;
    }

    private static async Task<bool> BeginsWithTagAsync(Document document, CancellationToken cancellationToken)
    {
        await using var stream = await document.OpenAsync(cancellationToken);
        var start = new byte[256];
        var length = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        foreach (var letter in start.AsSpan(0, length))
        {
            // Skip byte order marks, white space and the zero bytes of UTF-16.
            if (letter is (byte)'<')
                return true;
            if (letter is not (0xEF or 0xBB or 0xBF or 0xFE or 0xFF or 0 or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return false;
        }

        return false;
    }
}
