using System.Text;
using System.Text.Json.Nodes;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Tests the reading of the council's files: the ids that clients already have, times, statuses and invalid content.</summary>
public sealed class DocumentTests
{
    private const string Header = "History Date/Time,Recorded Date,CRNo,Stage Desc.,Date Cleared,Inspection,LCA,Action Due,Event Type,Stage";

    private static readonly DateTimeOffset Received = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    // The first characters of the MD5 of "N1--CR-0056…": all values ordered by column name, the date as date_history, zero as an empty
    // value.
    [InlineData("01/03/2026 09:30,28/02/2026,00560250,In progress,,0,A1,N1,CR,2", "00560250_caa34553")]
    [InlineData("02/03/2026 10:00,28/02/2026,00560251,\"He said \"\"wait\"\", twice\",,,,NCR,X9,2", "00560251_d44d9291")]
    public async Task Ids_match_those_that_clients_already_have(string row, string id) =>
        Assert.Equal(id, Assert.Single(await UpdatesAsync($"{Header}\r\n{row}\r\n")).UpdateId);

    [Fact]
    public async Task Rows_in_different_encodings_have_the_same_id()
    {
        byte[] file =
        [
            0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{Header}\n03/03/2026 11:00,28/02/2026,00560252,Café,,,,CR,,\n"),
            .. Encoding.Latin1.GetBytes("03/03/2026 11:00,28/02/2026,00560252,Café,,,,CR,,\n"),
        ];

        var updates = await UpdatesAsync(file);

        Assert.Equal(["00560252_f16a4633", "00560252_f16a4633"], updates.Select(u => u.UpdateId));
        Assert.All(updates, u => Assert.Equal(("560252", "fixed"), (u.BackEndId, u.Status)));
    }

    [Fact]
    public async Task Utf_16_file_is_read()
    {
        var file = Encoding.Unicode.GetPreamble()
            .Concat(Encoding.Unicode.GetBytes($"{Header}\r\n01/03/2026 09:30,28/02/2026,00560250,In progress,,0,A1,N1,CR,2\r\n")).ToArray();

        Assert.Equal("00560250_caa34553", Assert.Single(await UpdatesAsync(file)).UpdateId);
    }

    [Theory]
    [InlineData("highways", ",,,,ORDERED", "open", null)]
    [InlineData("highways", "NFA,EV,2", "no_further_action", "EV")]
    [InlineData("highways", "NR,EV,2", "fixed", null)]
    [InlineData("highways", "S4,EV,2", "in_progress", null)]
    [InlineData("highways", "RPOS,EV,2", "in_progress", null)]
    [InlineData("highways", "S7,EV,2", "open", null)]
    [InlineData("highways", "RWT,EV,2", "internal_referral", "EV")]
    [InlineData("highways", "NCR,,2", "not_councils_responsibility", null)]
    [InlineData("highways", "NI3MOB,EV,2", "investigating", null)]
    [InlineData("highways", "REIN,EV,2", "action_scheduled", "EV")]
    [InlineData("highways", "XREIN,EV,2", "open", null)]
    [InlineData("highways", "ROD,EV,2", "closed", "EV")]
    [InlineData("highways", ",SNPR,2", "closed", "SNPR")]
    [InlineData("highways", ",403,2", "no_further_action", "403")]
    [InlineData("highways", "RDC,EV,9", "no_further_action", "EV")]
    [InlineData("highways", ",EV,8", null, null)]
    [InlineData("highways", ",EV,3", "open", null)]
    [InlineData("maintenance", ",EV,2,ORDERED", "investigating", null)]
    [InlineData("maintenance", "NFA,EV,2,ALLOCATED", "action_scheduled", "EV")]
    [InlineData("maintenance", ",EV,2,WORKS COMPLETED", "fixed", null)]
    [InlineData("maintenance", "NFA,EV,2,", "no_further_action", "EV")]
    [InlineData("cleansing", ",EV,2,ORDERED", "action_scheduled", "EV")]
    [InlineData("cleansing", ",EV,2,APPROVED", "fixed", null)]
    [InlineData("cleansing", "NFA,EV,2,CLAIMED", null, null)]
    public async Task First_matching_rule_determines_the_status(string kind, string values, string? status, string? code)
    {
        var more = kind switch { "maintenance" => ",Maint. Stage,L.A.Code", "cleansing" => ",Maint. Stage,Maint.Recd.,L.A.Code", _ => "" };
        var columns = Header.Split(',').Length + (more.Length == 0 ? 0 : more.Split(',').Length - 1);
        var row = $"01/03/2026 09:30,,00560250,,,,,{values}".Split(',');
        var file = $"{Header}{more}\n{string.Join(',', row.Concat(Enumerable.Repeat("", columns)).Take(columns))}\n";

        var update = (await UpdatesAsync(file)).SingleOrDefault();

        Assert.Equal((status, code), (update?.Status, update?.ExternalStatusCode));
    }

    [Theory]
    [InlineData("28/03/2026 23:59", "2026-03-28T23:59:00Z")]
    [InlineData("29/03/2026 00:59", "2026-03-29T00:59:00Z")]
    [InlineData("29/03/2026 01:30", "2026-03-29T01:30:00Z")]
    [InlineData("29/03/2026 02:00", "2026-03-29T01:00:00Z")]
    [InlineData("25/10/2026 00:59", "2026-10-24T23:59:00Z")]
    [InlineData("25/10/2026 01:30", "2026-10-25T01:30:00Z")]
    [InlineData("25/10/2026 02:00", "2026-10-25T02:00:00Z")]
    public async Task Times_are_converted_from_council_time_across_clock_changes(string local, string expected) => Assert.Equal(
        DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
        Assert.Single(await UpdatesAsync($"{Header}\n{local},,1,,,,,CR,,\n")).OccurredAt);

    [Fact]
    public async Task Ambiguous_time_is_the_first_one_when_the_file_arrived_before_the_second()
    {
        var adapter = Bexley.Adapter(Bexley.Settings(), TimeProvider.System);
        var received = new DateTimeOffset(2026, 10, 25, 0, 45, 0, TimeSpan.Zero);

        var entries = await EntriesAsync(adapter, Encoding.UTF8.GetBytes($"{Header}\n25/10/2026 01:30,,1,,,,,CR,,\n"), received);

        Assert.Equal(new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), Assert.Single(entries).Update!.OccurredAt);
    }

    [Fact]
    public async Task Invalid_rows_are_reported_and_valid_ones_used()
    {
        var entries = await EntriesAsync(string.Join('\n',
            Header,
            "01/03/2026 09:30,,1,,,,,CR,,",
            "2026-03-01 09:30,,2,,,,,CR,,",
            "01/03/2026 09:30,,,,,,,CR,,",
            "01/03/2026 09:30,,4,,,,,CR",
            "01/03/2026 09:30,,5,\"not closed,,,,CR,,",
            "01/03/2026 09:30,,6,12\" pipe,,,,CR,,",
            "",
            "01/03/2026 09:30,,7,\"two",
            "lines\",,,,CR,,",
            "01/03/2026 09:30,,8,\"closed\"too early,,,,CR,,",
            "01/03/2026 09:30,,9,,,,,CR,,,,",
            "01/03/2026 09:30,,10,,,,,CR,,,,more"));

        Assert.Equal(["1", "2", "4", "6", "7", "9"], entries.Where(e => e.Update is not null).Select(e => e.Update!.BackEndId));
        Assert.Equal(
            [
                (3, "History Date/Time is not a date in the format dd/MM/yyyy HH:mm, so the time of receipt is used"), (4, "CRNo is empty"), (6, "a quotation mark is not closed"),
                (11, "text follows a closing quotation mark"), (13, "the row has 12 fields, but the header has 10"),
            ],
            entries.Where(e => e.Problem is not null).Select(e => (e.Row, e.Problem!)));
    }

    [Fact]
    public async Task Unclosed_quotation_mark_in_a_large_file_invalidates_one_row()
    {
        var file = new StringBuilder(Header).Append("\n01/03/2026 09:30,,1,\"never closed,,,,CR,,\n");
        for (var i = 0; i < 20_000; i++)
            file.Append("01/03/2026 09:30,,").Append(i + 2).Append(",,,,,CR,,\n");

        var entries = await EntriesAsync(file.ToString());

        Assert.Equal((2, "a quotation mark is not closed"), (Assert.Single(entries, e => e.Problem is not null).Row, entries[0].Problem));
        Assert.Equal(20_000, entries.Count(e => e.Update is not null));
        Assert.Equal(20_002, entries[^1].Row);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html><body>Log in</body></html>", "neither CSV nor XML")]
    [InlineData("<html><body>Log in</body></html>", "contains no Request")]
    [InlineData("Name,Value\n1,2\n", "no column CRNo")]
    [InlineData("CRNo,Value\n1,2\n", "no column History Date/Time")]
    [InlineData("", "no column CRNo")]
    [InlineData("<Request><OutCRNo>1</OutCRNo><EventHi", "neither CSV nor XML")]
    public async Task File_that_is_no_export_is_rejected(string file, string message)
    {
        var e = await Assert.ThrowsAsync<AdapterException>(() => EntriesAsync(file));

        Assert.Equal(FailureKind.Rejected, e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Xml_file_with_one_or_several_events_is_read()
    {
        static string Event(int line, string type, string date, string time, string code) =>
            $"<EventHistoryGet><LineNo>{line}</LineNo><HistoryType>{type}</HistoryType><HistoryDate>{date}</HistoryDate><HistoryTime>{time}</HistoryTime><HistoryEvent>{code}</HistoryEvent></EventHistoryGet>";
        var adapter = Bexley.Adapter(
            Bexley.Settings(s => s["updates"]!["events"] = JsonNode.Parse("""
                [ { "when": { "HistoryType": "9" }, "then": { "status": "fixed" } },
                  { "when": { "HistoryType": "21", "HistoryEvent": [ "A", "B" ] }, "then": { "status": "investigating", "externalStatusCode": "{HistoryType}_{HistoryEvent}" } } ]
                """)),
            TimeProvider.System);
        var many = $"<root xmlns=\"urn:x\"><Request><OutCRNo>00560250</OutCRNo><EventHistory>{Event(1, "21", "2026-07-01", "09:30", "A")}{Event(2, "5", "2026-07-01", "09:31", "")}{Event(3, "9", "2026-07-02", "10:00", "")}{Event(4, "9", "07/02/2026", "10:00", "")}</EventHistory></Request></root>";
        var one = $"<root><Request><OutCRNo>7</OutCRNo><EventHistory>{Event(1, "9", "2026-01-01", "09:30", "")}</EventHistory></Request></root>";

        var entries = await EntriesAsync(adapter, Encoding.UTF8.GetBytes(many), Received);

        Assert.Equal(
            [("00560250_1", "560250", "investigating", "21_A", new DateTimeOffset(2026, 7, 1, 8, 30, 0, TimeSpan.Zero)),
                ("00560250_3", "560250", "fixed", null, new DateTimeOffset(2026, 7, 2, 9, 0, 0, TimeSpan.Zero)),
                ("00560250_4", "560250", "fixed", null, Received)],
            entries.Where(e => e.Update is not null)
                .Select(e => (e.Update!.UpdateId, e.Update.BackEndId, e.Update.Status, e.Update.ExternalStatusCode, e.Update.OccurredAt)));
        Assert.Equal(4, Assert.Single(entries, e => e.Problem is not null).Row);
        Assert.Equal("7_1", Assert.Single(await EntriesAsync(adapter, Encoding.UTF8.GetBytes(one), Received)).Update!.UpdateId);
    }

    [Fact]
    [Trait("Case", "17-update-dates")]
    public async Task Rows_without_a_valid_date_are_told_only_if_most_dates_are_valid()
    {
        string Row(string date, int number) => $"{date},,{number},,,,,CR,,";
        var wrong = string.Join('\n', [Header, .. Enumerable.Range(1, 30).Select(i => Row("2026-03-01 09:30", i)), ""]);
        var mixed = string.Join(
            '\n', [Header, .. Enumerable.Range(1, 30).Select(i => Row("01/03/2026 09:30", i)), .. Enumerable.Range(31, 15).Select(i => Row("", i)), ""]);

        Assert.All(await EntriesAsync(wrong), e => Assert.Null(e.Update));
        var entries = await EntriesAsync(mixed);

        Assert.Equal(40, entries.Count(e => e.Update is not null));
        Assert.Equal(10, entries.Count(e => e.Update?.OccurredAt == Received && e.Problem is not null));
        Assert.Equal(5, entries.Count(e => e.Update is null));
    }

    [Fact]
    [Trait("Case", "32-excel-ids")]
    public async Task Case_numbers_that_a_spreadsheet_formatted_are_read_or_reported()
    {
        var entries = await EntriesAsync(
            "History Date/Time,CRNo,Action Due,Event Type,Stage,Notes\n29/11/2026 14:10,560250.0,CR,EV,3,\n29/11/2026 14:10,5.6E+05,CR,EV,3,\n"
                + "29/11/2026 14:10,\"560,252\",CR,EV,3,\n29/11/2026 14:10,=\"560253\",CR,EV,3,\n");

        Assert.Equal(["560250", "560252", "560253"], entries.Where(e => e.Update is not null).Select(e => e.Update!.BackEndId));
        Assert.Equal((3, "CRNo has lost digits in a spreadsheet program"), (Assert.Single(entries, e => e.Problem is not null).Row, entries[1].Problem));
    }

    [Fact]
    [Trait("Case", "33-padded-codes")]
    public async Task Codes_are_compared_without_spaces_and_case()
    {
        var updates = await UpdatesAsync(
            "History Date/Time,CRNo,Action Due,Event Type,Stage,Notes\n29/11/2026 14:10,560250,CR   ,EV,3,\n29/11/2026 14:10,560251, CR,EV,3,\n"
                + "29/11/2026 14:10,560252,cr,EV,3,\n");

        Assert.Equal(["fixed", "fixed", "fixed"], updates.Select(u => u.Status));
    }

    [Fact]
    [Trait("Case", "34-truncated-last-row")]
    public async Task Last_line_that_is_incomplete_is_a_bad_row()
    {
        const string Columns = "History Date/Time,CRNo,Action Due,Event Type,Stage,Notes\n";

        var half = Assert.Single(await EntriesAsync($"{Columns}29/11/2026 16:05,560252"));
        Assert.Equal("the file ends within this line, which has 2 of 6 fields", half.Problem);
        Assert.Null(half.Update);
        Assert.NotNull(Assert.Single(await EntriesAsync($"{Columns}29/11/2026 16:05,560252,NCR,EV,3,\n")).Update);
        // Complete rows may be shorter than the header, and the last one may have no line break.
        Assert.NotNull(Assert.Single(await EntriesAsync($"{Columns}29/11/2026 16:05,560252,NCR\n")).Update);
        Assert.NotNull(Assert.Single(await EntriesAsync($"{Columns}29/11/2026 16:05,560252,NCR,EV,3,")).Update);
        Assert.NotNull((await EntriesAsync($"{Columns}29/11/2026 16:05,1,NCR\n29/11/2026 16:05,2,NCR,EV,3,"))[0].Update);
    }

    [Fact]
    public async Task Event_type_can_decide_the_status_of_an_xml_update()
    {
        var adapter = Bexley.Adapter(
            Bexley.Settings(s => s["updates"]!["events"] = JsonNode.Parse("""[ { "when": { "HistoryEventType": "cl" }, "then": { "status": "fixed" } } ]""")),
            TimeProvider.System);
        const string File = """
            <root><Request><OutCRNo>7</OutCRNo><EventHistory><EventHistoryGet><LineNo>1</LineNo><HistoryEventType>CL </HistoryEventType>
            <HistoryDate>2026-01-01</HistoryDate><HistoryTime>09:30</HistoryTime></EventHistoryGet></EventHistory></Request></root>
            """;

        Assert.Equal("fixed", Assert.Single(await EntriesAsync(adapter, Encoding.UTF8.GetBytes(File), Received)).Update!.Status);
    }

    private static Task<List<DocumentEntry>> EntriesAsync(string file) =>
        EntriesAsync(Bexley.Adapter(Bexley.Settings(), TimeProvider.System), Encoding.UTF8.GetBytes(file), Received);

    private static Task<List<CouncilUpdate>> UpdatesAsync(string file) => UpdatesAsync(Encoding.UTF8.GetBytes(file));

    private static async Task<List<CouncilUpdate>> UpdatesAsync(byte[] file)
    {
        var entries = await EntriesAsync(Bexley.Adapter(Bexley.Settings(), TimeProvider.System), file, Received);
        Assert.DoesNotContain(entries, e => e.Problem is not null);
        return [.. entries.Select(e => e.Update!)];
    }

    private static async Task<List<DocumentEntry>> EntriesAsync(ICouncilAdapter adapter, byte[] file, DateTimeOffset received)
    {
        var document = new Document
        {
            Name = "export.csv",
            Length = file.Length,
            ReceivedAt = received,
            OpenAsync = _ => Task.FromResult<Stream>(new MemoryStream(file, writable: false)),
        };
        var entries = new List<DocumentEntry>();
        await foreach (var entry in ((IDocumentReader)adapter).ReadAsync(document, default))
            entries.Add(entry);
        return entries;
    }
}
