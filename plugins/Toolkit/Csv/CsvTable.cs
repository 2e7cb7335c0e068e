using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>
/// Reads a CSV file (RFC 4180, with commas) from an untrusted system, row by row and in constant memory. A quotation mark that is not closed
/// invalidates only its own line, and reading continues with the next line. A last line without a line break and with too few fields is invalid,
/// because the file is probably incomplete. The text may be UTF-8, UTF-16 with a byte order mark, or
/// Windows-1252, and UTF-8 and Windows-1252 may be mixed. A row has at most 256 KB.
/// </summary>
public sealed class CsvTable : IAsyncDisposable
{
    private const int MaxRowBytes = 256 << 10;

    /// <summary>Each restart reads the file from its start, so after this many restarts every line is read as one row.</summary>
    private const int MaxRestarts = 50;

    private const int FewColumns = 4;

    private const string NotClosed = "a quotation mark is not closed";

    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private readonly Func<CancellationToken, Task<Stream>> _open;
    private CsvReader _reader;
    private TailStream _tail;
    private CsvMalformedReason? _malformed;

    /// <summary>Where the current reader started.</summary>
    private (long Offset, long Line) _from = (0, 1);

    /// <summary>Where the last row ended.</summary>
    private (long Offset, long Line) _end = (0, 1);
    private int _restarts;
    private bool _hasRow;

    private CsvTable(Func<CancellationToken, Task<Stream>> open, TailStream stream)
    {
        (_open, _tail) = (open, stream);
        _reader = CsvReader.Create(stream, Options(lineBreaks: true, header: true));
    }

    /// <summary>The names of the columns, as in the header but trimmed; empty if the file is empty or its header cannot be read.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>The number of the line in which the current row starts; the first line is 1.</summary>
    public int Line { get; private set; }

    /// <summary>Why the current row cannot be used, without its values; null if it can be used.</summary>
    public string? Problem { get; private set; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="open">Opens the content from its start. It is called again whenever reading has to restart.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The file, positioned before its first row.</returns>
    public static async Task<CsvTable> OpenAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        var table = new CsvTable(open, new TailStream(await OpenAsUtf8Async(open, cancellationToken)));
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

    /// <summary>Finds a column by its name.</summary>
    /// <param name="name">The name; case-sensitive.</param>
    /// <returns>The index of the column, starting at 0; -1 if there is none.</returns>
    public int Find(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i] == name)
                return i;
        return -1;
    }

    /// <summary>Reads the next row and skips empty lines. A row with a <see cref="Problem"/> has no fields.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there is a row.</returns>
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
            // Read the remaining lines of the row again: each is a separate row, or part of one that starts in them.
            await RestartAsync(start + FirstLine(_reader.RawRecord), line + 1, cancellationToken);
            return SetRow(line, NotClosed);
        }

        _end = (start + _reader.RawRecord.Length, line + breaks);
        return SetRow(line, _malformed switch
        {
            CsvMalformedReason.UnterminatedQuote or CsvMalformedReason.LineBreakInQuotes => NotClosed,
            CsvMalformedReason.TextAfterClosingQuote => "text follows a closing quotation mark",
            _ when _reader.FieldCount < Columns.Count && IsLastWithoutEnd() => string.Create(
                CultureInfo.InvariantCulture, $"the file ends within this line, which has {_reader.FieldCount} of {Columns.Count} fields"),
            _ when HasTooManyFields() =>
                string.Create(CultureInfo.InvariantCulture, $"the row has {_reader.FieldCount} fields, but the header has {Columns.Count}"),
            _ => null,
        });
    }

    /// <summary>
    /// Returns the bytes of a field in the current row, without its quotation marks; empty if the row has fewer fields. The span is valid
    /// until the next row is read.
    /// </summary>
    /// <param name="column">The index of the column.</param>
    /// <returns>The bytes, in UTF-8 or Windows-1252.</returns>
    public ReadOnlySpan<byte> Bytes(int column) => _hasRow ? _reader.GetSpan(column) : [];

    /// <summary>Returns a field of the current row as text.</summary>
    /// <param name="column">The index of the column.</param>
    /// <returns>The text; empty if the row has fewer fields.</returns>
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

    /// <summary>Returns the length of the first line, including its line break.</summary>
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
    /// Whether the lines of the current row belong to different rows: its quoting is malformed, or one of its lines is a complete row that was
    /// included because an unclosed quotation mark was paired with one further down.
    /// </summary>
    private bool IsBroken()
    {
        if (_malformed is not null || _reader.FieldCount > Columns.Count)
            return true;
        // In a table with few columns any line could be a row. If the first field contains the line break, the row's last line looks like a row.
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

    /// <summary>Whether a line's first field has the same length and its digits at the same positions as another: both are dates or numbers.</summary>
    private static bool BeginsAlike(ReadOnlySpan<byte> line, ReadOnlySpan<byte> first)
    {
        if (line.Length <= first.Length || line[first.Length] != ',')
            return false;
        for (var i = 0; i < first.Length; i++)
            if (char.IsAsciiDigit((char)line[i]) != char.IsAsciiDigit((char)first[i]))
                return false;
        return true;
    }

    /// <summary>Whether a field beyond the header's columns has content. A row with fewer fields than the header is valid.</summary>
    private bool HasTooManyFields()
    {
        for (var i = Columns.Count; i < _reader.FieldCount; i++)
            if (!_reader.IsEmpty(i))
                return true;
        return false;
    }

    /// <summary>Whether the current row is the last and has no line break, so that an upload may have ended within it.</summary>
    private bool IsLastWithoutEnd() => _tail.EndsWithinLine && _end.Offset - _from.Offset == _tail.Count;

    private bool SetRow(long line, string? problem)
    {
        Line = (int)Math.Min(line, int.MaxValue);
        (Problem, _hasRow) = (problem, problem is null);
        return true;
    }

    /// <summary>Skips the line after the last row: it is too long, or it starts a row that is too long.</summary>
    private async Task<bool> SkipLineAsync(CancellationToken cancellationToken)
    {
        var ((start, line), hasQuote) = (_end, false);
        long offset = 0;
        await using (var stream = await OpenAsUtf8Async(_open, cancellationToken))
        {
            await SkipAsync(stream, start, cancellationToken);
            var lines = new LineScan(stream, start, line);
            // Skip the header.
            if (start == 0)
                await lines.NextAsync(cancellationToken);
            (offset, line, hasQuote) = await lines.NextAsync(cancellationToken);
        }

        await RestartAsync(offset, line + 1, cancellationToken);
        return SetRow(line, hasQuote ? NotClosed : $"the row is longer than {MaxRowBytes >> 10} KB");
    }

    private async Task RestartAsync(long offset, long line, CancellationToken cancellationToken)
    {
        await _reader.DisposeAsync();
        var stream = await OpenAsUtf8Async(_open, cancellationToken);
        await SkipAsync(stream, offset, cancellationToken);
        _from = _end = (offset, line);
        _tail = new TailStream(stream);
        _reader = CsvReader.Create(_tail, Options(lineBreaks: ++_restarts < MaxRestarts, header: false));
    }

    private static async Task SkipAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        var piece = new byte[64 << 10];
        int read;
        while (count > 0 && (read = await stream.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, count)), cancellationToken)) > 0)
            count -= read;
    }
}
