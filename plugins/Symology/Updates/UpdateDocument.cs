using System.Runtime.CompilerServices;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>A file of the council's updates: CSV exports, or XML files of single requests. What it is shows in its first letter.</summary>
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
            // Marks, blanks and the zeros of UTF-16 are passed over.
            if (letter is (byte)'<')
                return true;
            if (letter is not (0xEF or 0xBB or 0xBF or 0xFE or 0xFF or 0 or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return false;
        }

        return false;
    }
}
