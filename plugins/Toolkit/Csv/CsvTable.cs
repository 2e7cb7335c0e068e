using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>
/// A CSV file from a system that is not trusted, read row by row in constant memory. A quotation mark that is not closed costs the line it is
/// in: reading begins anew with the next. Text may be UTF-8, UTF-16 with a mark, or Windows-1252, and change from row to row.
/// </summary>
public sealed class CsvTable : IAsyncDisposable
{
    private const int MaxRowBytes = 256 << 10;

    /// <summary>Beginning anew costs a look through the file: after so many times a line is a row, to the end.</summary>
    private const int MaxRestarts = 50;

    private const int FewColumns = 4;

    private const string NotClosed = "a quotation mark is not closed";

    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private readonly Func<CancellationToken, Task<Stream>> _open;
    private CsvReader _reader;
    private CsvMalformedReason? _malformed;

    /// <summary>Where the reader began, and where the last row ended.</summary>
    private (long Offset, long Line) _from = (0, 1);
    private (long Offset, long Line) _end = (0, 1);
    private int _restarts;
    private bool _hasRow;

    private CsvTable(Func<CancellationToken, Task<Stream>> open, Stream stream)
    {
        _open = open;
        _reader = CsvReader.Create(stream, Options(lineBreaks: true, header: true));
    }

    /// <summary>The names of the columns, as they are written.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>The line that the current row begins in; the first is 1.</summary>
    public int Line { get; private set; }

    /// <summary>Why the current row cannot be used; null when it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="open">Opens the bytes from their beginning; called again when reading must begin anew.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The file, before its first row; without columns when it has no header that can be read.</returns>
    public static async Task<CsvTable> OpenAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        var table = new CsvTable(open, await OpenAsUtf8Async(open, cancellationToken));
        try
        {
            await table._reader.ReadHeaderAsync(cancellationToken);
            table.Columns = [.. table._reader.Headers.ToArray().Select(h => h.Trim())];
            return table;
        }
        catch (CsvFormatException)
        {
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

    /// <summary>Goes on to the next row; empty lines are passed over. One with a problem has no fields.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>Whether there is one.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        _malformed = null;
        try
        {
            if (Columns.Count == 0 || !await _reader.ReadAsync(cancellationToken))
                return _hasRow = false;
        }
        catch (CsvFormatException)
        {
            return await SkipLineAsync(cancellationToken);
        }

        var (start, line) = (_from.Offset + _reader.ByteOffset, _from.Line + _reader.LineNumber - 1);
        var breaks = LineBreaks(_reader.RawRecord);
        if (breaks > 0 && IsBroken())
        {
            // The lines after it are rows of their own, or the end of what began in them.
            await RestartAsync(start + FirstLine(_reader.RawRecord), line + 1, cancellationToken);
            return Take(line, NotClosed);
        }

        _end = (start + _reader.RawRecord.Length, line + breaks);
        return Take(line, _malformed switch
        {
            CsvMalformedReason.UnterminatedQuote or CsvMalformedReason.LineBreakInQuotes => NotClosed,
            CsvMalformedReason.TextAfterClosingQuote => "there is text behind a closing quotation mark",
            _ when HasTooManyFields() => string.Create(CultureInfo.InvariantCulture, $"it has {_reader.FieldCount} fields, and the header has {Columns.Count}"),
            _ => null,
        });
    }

    /// <summary>
    /// A field of the current row, as it is in the file, without its quotation marks; empty when the row ends before it. Valid until the next row.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <returns>The bytes; UTF-8 or Windows-1252.</returns>
    public ReadOnlySpan<byte> Bytes(int column) => _hasRow ? _reader.GetSpan(column) : [];

    /// <summary>A field of the current row as text.</summary>
    /// <param name="column">The column.</param>
    /// <returns>The text.</returns>
    public string Text(int column)
    {
        var bytes = Bytes(column);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Windows1252.GetString(bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private static async Task<Stream> OpenAsUtf8Async(Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        var mark = new byte[2];
        await using (var stream = await open(cancellationToken))
            _ = await stream.ReadAtLeastAsync(mark, mark.Length, throwOnEndOfStream: false, cancellationToken);

        var content = await open(cancellationToken);
        return mark switch
        {
            [0xFF, 0xFE] => Encoding.CreateTranscodingStream(content, Encoding.Unicode, Encoding.UTF8),
            [0xFE, 0xFF] => Encoding.CreateTranscodingStream(content, Encoding.BigEndianUnicode, Encoding.UTF8),
            _ => content,
        };
    }

    private static int LineBreaks(ReadOnlySpan<byte> raw) => Math.Max(raw.Count((byte)'\n'), raw.Count((byte)'\r'));

    /// <summary>The length of the first line, with its end.</summary>
    private static int FirstLine(ReadOnlySpan<byte> raw)
    {
        var end = raw.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? raw.Length : end + (raw[end] == '\r' && end + 1 < raw.Length && raw[end + 1] == '\n' ? 2 : 1);
    }

    private CsvReaderOptions Options(bool lineBreaks, bool header) => new()
    {
        Separator = ',',
        HasHeader = header,
        AllowLineBreaksInQuotes = lineBreaks,
        MaxRecordSize = MaxRowBytes,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
        OnMalformedRecord = record => _malformed = record.Reason,
    };

    /// <summary>
    /// Whether the lines of the current row are not one: its quoting is broken, or a line in it is a whole row by itself, swallowed by a mark
    /// that found another one far below.
    /// </summary>
    private bool IsBroken()
    {
        if (_malformed is not null || _reader.FieldCount > Columns.Count)
            return true;
        // In a narrow table any line could be a row; and where the first field has the break, its last line looks like one.
        if (Columns.Count < FewColumns || LineBreaks(_reader.GetRawSpan(0)) > 0)
            return false;

        var rest = _reader.RawRecord[FirstLine(_reader.RawRecord)..];
        while (rest.Length > 0)
        {
            var line = rest[..FirstLine(rest)];
            if (line.Count((byte)',') >= Columns.Count - 1 && BeginsAlike(line, _reader.GetRawSpan(0)))
                return true;
            rest = rest[line.Length..];
        }

        return false;
    }

    /// <summary>Whether a line's first field is as long as another's and has its digits in the same places: a date, a number.</summary>
    private static bool BeginsAlike(ReadOnlySpan<byte> line, ReadOnlySpan<byte> first)
    {
        if (line.Length <= first.Length || line[first.Length] != ',')
            return false;
        for (var i = 0; i < first.Length; i++)
            if (char.IsAsciiDigit((char)line[i]) != char.IsAsciiDigit((char)first[i]))
                return false;
        return true;
    }

    /// <summary>Fields beyond the header's with something in them; a row that ends early only lacks what is empty.</summary>
    private bool HasTooManyFields()
    {
        for (var i = Columns.Count; i < _reader.FieldCount; i++)
            if (!_reader.IsEmpty(i))
                return true;
        return false;
    }

    private bool Take(long line, string? problem)
    {
        Line = (int)Math.Min(line, int.MaxValue);
        (Problem, _hasRow) = (problem, problem is null);
        return true;
    }

    /// <summary>Passes over the line after the last row: it is longer than any row, or begins one that is.</summary>
    private async Task<bool> SkipLineAsync(CancellationToken cancellationToken)
    {
        var ((start, line), hasQuote) = (_end, false);
        long offset = 0;
        await using (var stream = await OpenAsUtf8Async(_open, cancellationToken))
        {
            await SkipAsync(stream, start, cancellationToken);
            var lines = new LineScan(stream, start, line);
            // Before the first row there is the header.
            if (start == 0)
                await lines.NextAsync(cancellationToken);
            (offset, line, hasQuote) = await lines.NextAsync(cancellationToken);
        }

        await RestartAsync(offset, line + 1, cancellationToken);
        return Take(line, hasQuote ? NotClosed : $"it is longer than {MaxRowBytes >> 10} KB");
    }

    private async Task RestartAsync(long offset, long line, CancellationToken cancellationToken)
    {
        await _reader.DisposeAsync();
        var stream = await OpenAsUtf8Async(_open, cancellationToken);
        await SkipAsync(stream, offset, cancellationToken);
        _from = _end = (offset, line);
        _reader = CsvReader.Create(stream, Options(lineBreaks: ++_restarts < MaxRestarts, header: false));
    }

    private static async Task SkipAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        var piece = new byte[64 << 10];
        int read;
        while (count > 0 && (read = await stream.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, count)), cancellationToken)) > 0)
            count -= read;
    }
}
