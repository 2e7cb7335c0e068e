using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using PluginGateway.Adapters.Toolkit;
using PluginGateway.Adapters.Toolkit.Csv;
using PluginGateway.Adapters.Toolkit.Text;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>Reads updates from a CSV export. Each row is one event of a case.</summary>
internal sealed class CsvUpdates
{
    /// <summary>The name of the date column when columns are sorted for the digest. It determines the position of the date.</summary>
    private const string DateInDigest = "date_history";

    /// <summary>The maximum number of rows without a valid date that are passed on, per file.</summary>
    private const int MaxGuessedDates = 10;

    private readonly CsvTable _table;
    private readonly SymologyUpdates _settings;
    private readonly LocalTime _local;
    private readonly DateTimeOffset _received;
    private readonly RuleMemo _statuses;
    private readonly int _case;
    private readonly int _date;
    private readonly int[] _digestOrder;
    private readonly ArrayBufferWriter<byte> _digest = new(1_024);
    private int _datesRead;
    private int _datesGuessed;

    private CsvUpdates(CsvTable table, SymologyMapping mapping, LocalTime local, DateTimeOffset received, int caseColumn, int dateColumn)
    {
        (_table, _settings, _local, _received, _case, _date) = (table, mapping.Settings.Updates, local, received, caseColumn, dateColumn);
        _statuses = new RuleMemo(mapping.RowStatuses, table);
        _digestOrder = [.. Enumerable.Range(0, table.Columns.Count).OrderBy(c => c == dateColumn ? DateInDigest : table.Columns[c], StringComparer.Ordinal)];
    }

    public static async IAsyncEnumerable<DocumentEntry> ReadAsync(
        Document document, SymologyMapping mapping, LocalTime local, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var table = await CsvTable.OpenAsync(document.OpenAsync, cancellationToken);
        var settings = mapping.Settings.Updates;
        var (caseColumn, dateColumn) = (table.Find(settings.CaseColumn), table.Find(settings.DateColumn));
        if (caseColumn < 0 || dateColumn < 0)
            throw AdapterException.Rejected(
                // The message does not quote the first line: if the header is missing, that line contains personal data.
                $"The file has no column {(caseColumn < 0 ? settings.CaseColumn : settings.DateColumn)}.",
                string.Create(CultureInfo.InvariantCulture, $"It has {table.Columns.Count} columns."));

        var rows = new CsvUpdates(table, mapping, local, document.ReceivedAt, caseColumn, dateColumn);
        while (await table.ReadAsync(cancellationToken))
            if (rows.Entry() is { } entry)
                yield return entry;
    }

    /// <summary>Returns the entry of the current row; null when the council's rules ignore it.</summary>
    private DocumentEntry? Entry()
    {
        if (_table.Problem is { } problem)
            return Problem(problem);

        var text = _table.Text(_case);
        if (SpreadsheetNumber.Read(text) is not { } number)
            return Problem($"{_settings.CaseColumn} has lost digits in a spreadsheet program");
        if (SymologyClient.Number(number) is not { } id)
            return Problem($"{_settings.CaseColumn} is empty");
        var (happened, dateProblem) = ReadDate();
        if (happened is null)
            return Problem(dateProblem!);
        if (_statuses.First() is not { } decided || !decided.TryGetValue("status", out var status))
            return Problem("no rule sets a status for this row");
        if (status == "IGNORE")
            return null;

        return new DocumentEntry
        {
            Row = _table.Line,
            Problem = dateProblem,
            Update = new CouncilUpdate
            {
                // The text of the file, as in the ids that clients already have.
                UpdateId = $"{text}_{Digest()}",
                BackEndId = id,
                Status = status,
                ExternalStatusCode = decided.GetValueOrDefault("externalStatusCode") is { Length: > 0 } code ? code : null,
                Description = decided.GetValueOrDefault("description", ""),
                OccurredAt = happened.Value,
            },
        };
    }

    /// <summary>
    /// Returns the date of the current row. A row whose date cannot be read is passed on with the time of receipt, but only if most dates of the file can
    /// be read: otherwise the format is wrong, and the whole history would be passed on as news.
    /// </summary>
    private (DateTimeOffset? Happened, string? Problem) ReadDate()
    {
        if (DateTime.TryParseExact(
            _table.Text(_date), _settings.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var happened))
        {
            _datesRead++;
            return (_local.ToUtc(happened, _received), null);
        }

        var problem = $"{_settings.DateColumn} is not a date in the format {_settings.DateFormat}";
        return _datesGuessed < MaxGuessedDates && _datesGuessed < _datesRead
            ? (Guessed(), $"{problem}, so the time of receipt is used")
            : (null, problem);
    }

    private DateTimeOffset Guessed()
    {
        _datesGuessed++;
        return _received;
    }

    private DocumentEntry Problem(string words) => new() { Row = _table.Line, Problem = words };

    /// <summary>
    /// Returns a digest of all values of the row, ordered by column name; the value 0 counts as empty. It must be the same as in the ids that
    /// clients already have, so characters of Latin-1 count as one byte, whatever the encoding of the file is.
    /// </summary>
    private string Digest()
    {
        _digest.ResetWrittenCount();
        for (var i = 0; i < _digestOrder.Length; i++)
        {
            if (i > 0)
                _digest.Write("-"u8);
            var value = _table.Bytes(_digestOrder[i]);
            if (value is not [(byte)'0'])
                Write(value);
        }

        return UpdateIds.Md5(_digest.WrittenSpan);
    }

    private void Write(ReadOnlySpan<byte> value)
    {
        if (Ascii.IsValid(value) || !Utf8.IsValid(value))
        {
            _digest.Write(value);
            return;
        }

        var text = Encoding.UTF8.GetString(value);
        _digest.Write(text.All(c => c <= 'ÿ') ? Encoding.Latin1.GetBytes(text) : value);
    }
}
