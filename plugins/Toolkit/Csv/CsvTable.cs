using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>
/// A CSV file from a system that is not trusted, read row by row in constant memory. Quoting that is broken costs the row it is in and no
/// other; text may be UTF-8, UTF-16 with a mark, or Windows-1252, and change from row to row.
/// </summary>
public sealed class CsvTable : IAsyncDisposable
{
    private const int LongestRow = 256 << 10;

    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private readonly Func<CancellationToken, Task<Stream>> _open;
    private CsvReader _reader;
    private CsvReader _current;
    private CsvMalformedReason? _malformed;

    /// <summary>The lines of a row whose quoting is broken, one row each.</summary>
    private CsvReader? _lines;
    private long _linesFrom;

    /// <summary>Where the last good row ended; and, when reading began anew, where that was.</summary>
    private (long Offset, long Line) _end;
    private (long Offset, long Line) _from = (0, 1);
    private bool _byLine;

    private CsvTable(Func<CancellationToken, Task<Stream>> open, Stream stream)
    {
        _open = open;
        _current = _reader = CsvReader.Create(stream, Options(lineBreaks: true, header: true));
    }

    /// <summary>The names of the columns, as they are written.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>The line that the current row begins in; the first is 1.</summary>
    public int Line { get; private set; }

    /// <summary>Why the current row cannot be used; null when it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="open">Opens the bytes from their beginning; called again when reading must begin anew.</param>
    /// <param name="ct">Cancels the reading.</param>
    /// <returns>The file, before its first row; without columns when it is empty.</returns>
    public static async Task<CsvTable> OpenAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(open);
        var table = new CsvTable(open, await OpenAsUtf8Async(open, ct));
        try
        {
            await table._reader.ReadHeaderAsync(ct);
            table.Columns = [.. table._reader.Headers.ToArray().Select(h => h.Trim())];
            return table;
        }
        catch (CsvFormatException)
        {
            // Not even one line: no columns.
            return table;
        }
        catch
        {
            await table.DisposeAsync();
            throw;
        }
    }

    /// <summary>The place of a column.</summary>
    /// <param name="name">Its name; case counts.</param>
    /// <returns>The index, or -1 when there is no such column.</returns>
    public int Find(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i] == name)
                return i;
        return -1;
    }

    /// <summary>Goes on to the next row; empty lines are passed over.</summary>
    /// <param name="ct">Cancels the reading.</param>
    /// <returns>Whether there is one.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            _malformed = null;
            if (_lines is not null)
            {
                if (_lines.Read())
                    return Take(_lines, _linesFrom + _lines.LineNumber - 1);
                _lines = null;
                continue;
            }

            try
            {
                if (Columns.Count == 0 || !await _reader.ReadAsync(ct))
                    return false;
            }
            catch (CsvFormatException) when (!_byLine)
            {
                await ByLineAsync(ct);
                continue;
            }

            var line = _from.Line + _reader.LineNumber - 1;
            var breaks = LineBreaks(_reader.RawRecord);
            _end = (_from.Offset + _reader.ByteOffset + _reader.RawRecord.Length, line + breaks);
            if (breaks == 0 || (_malformed is null && _reader.FieldCount == Columns.Count))
                return Take(_reader, line);

            // A mark that is not closed swallows the lines after it: each is looked at by itself.
            _lines = CsvReader.Create(_reader.RawRecord.ToArray(), Options(lineBreaks: false, header: false));
            _linesFrom = line;
        }
    }

    /// <summary>A field of the current row, as it is in the file, without its quotation marks. Valid until the next row.</summary>
    /// <param name="column">The column.</param>
    /// <returns>The bytes; UTF-8 or Windows-1252.</returns>
    public ReadOnlySpan<byte> Bytes(int column) => _current.GetSpan(column);

    /// <summary>A field of the current row as text.</summary>
    /// <param name="column">The column.</param>
    /// <returns>The text.</returns>
    public string Text(int column)
    {
        var bytes = _current.GetSpan(column);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Windows1252.GetString(bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private static async Task<Stream> OpenAsUtf8Async(Func<CancellationToken, Task<Stream>> open, CancellationToken ct)
    {
        var mark = new byte[2];
        await using (var stream = await open(ct))
            _ = await stream.ReadAtLeastAsync(mark, mark.Length, throwOnEndOfStream: false, ct);

        var content = await open(ct);
        return mark switch
        {
            [0xFF, 0xFE] => Encoding.CreateTranscodingStream(content, Encoding.Unicode, Encoding.UTF8),
            [0xFE, 0xFF] => Encoding.CreateTranscodingStream(content, Encoding.BigEndianUnicode, Encoding.UTF8),
            _ => content,
        };
    }

    private static int LineBreaks(ReadOnlySpan<byte> raw) => raw.Count((byte)'\n');

    private CsvReaderOptions Options(bool lineBreaks, bool header) => new()
    {
        Separator = ',',
        HasHeader = header,
        AllowLineBreaksInQuotes = lineBreaks,
        MaxRecordSize = LongestRow,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
        OnMalformedRecord = record => _malformed = record.Reason,
    };

    private bool Take(CsvReader reader, long line)
    {
        _current = reader;
        Line = (int)Math.Min(line, int.MaxValue);
        Problem = _malformed switch
        {
            CsvMalformedReason.UnterminatedQuote or CsvMalformedReason.LineBreakInQuotes => "a quotation mark is not closed",
            CsvMalformedReason.TextAfterClosingQuote => "there is text behind a closing quotation mark",
            _ when reader.FieldCount != Columns.Count => string.Create(CultureInfo.InvariantCulture, $"it has {reader.FieldCount} fields, and the header has {Columns.Count}"),
            _ => null,
        };
        return true;
    }

    /// <summary>A row that is longer than any: from here on every line is a row.</summary>
    private async Task ByLineAsync(CancellationToken ct)
    {
        _byLine = true;
        await _reader.DisposeAsync();
        var stream = await OpenAsUtf8Async(_open, ct);
        await SkipAsync(stream, _end.Offset, ct);
        var isStart = _end.Offset == 0;
        _from = isStart ? (0, 1) : _end;
        _current = _reader = CsvReader.Create(stream, Options(lineBreaks: false, header: isStart));
    }

    private static async Task SkipAsync(Stream stream, long count, CancellationToken ct)
    {
        var piece = new byte[64 << 10];
        int read;
        while (count > 0 && (read = await stream.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, count)), ct)) > 0)
            count -= read;
    }
}
