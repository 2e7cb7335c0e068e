using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>The council's files: fetched, dropped, uploaded; good, half good and no good at all; read again after the rules were put right.</summary>
public sealed class DocumentsTests : IAsyncLifetime
{
    private const string UploadKey = "upload-key";

    private readonly TempFolder _drop = new();
    private readonly GatewayApp _gateway = new(
        "--Updates:Every=00:00:00.3", "--Updates:Settle=00:00:00.3", "--Updates:MaxDocumentBytes=1000000", "--Alerts:Every=00:00:00.2",
        "--Alerts:OldestUnsent=00:00:00");

    private SimulatedCouncil _council = null!;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _council = await SimulatedCouncil.StartAsync();
        Built.Drop("Symology", _gateway.Plugins);
        _gateway.Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
        _drop.Dispose();
    }

    [Fact]
    public async Task An_export_becomes_updates_of_the_reports_it_is_about()
    {
        await StartAsync();
        var told = (await _gateway.PostAsync("bexley", Some.Report("KERB", "4711"))).Id;
        await FetchedAsync(3);

        Publish(Row(560_250, "01/11/2026 09:30", actionDue: "N1"), Row(560_250, "02/11/2026 10:00", actionDue: "NR"), Row(
            77, "02/11/2026 10:00", actionDue: "NFA"));

        var updates = await UpdatesAsync(3);
        Assert.Equal(["in_progress", "fixed"], updates.Where(u => u!["service_request_id"]!.ToString() == told).Select(u => u!["status"]!.ToString()));
        // Of a case that the gateway knows nothing of, by its number.
        Assert.Equal("no_further_action", Assert.Single(updates, u => u!["service_request_id"]!.ToString() == "77")!["status"]!.ToString());
        Assert.Equal("fixed", await _gateway.ReadAsync<string>("SELECT status FROM report"));
        Assert.Contains("\"status\":\"closed\"", (await _gateway.GetAsync($"requests/{told}.json?jurisdiction_id=bexley")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_there_at_the_first_look_is_told_as_it_happened_and_what_comes_later_as_it_is_learned()
    {
        var first = TimeZoneInfo.ConvertTime(Now.AddHours(-3), TimeZoneInfo.FindSystemTimeZoneById("Europe/London"))
            .ToString("dd/MM/yyyy HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        Publish(Row(1, first, actionDue: "N1"), Row(1, first, actionDue: "N2"), Row(2, "01/01/2026 09:00", actionDue: "NR"));
        await StartAsync();
        var before = await UpdatesAsync(2);

        Publish(Row(1, first, actionDue: "N1"), Row(1, first, actionDue: "N2"), Row(2, "01/01/2026 09:00", actionDue: "NR"), Row(
            2, "02/01/2026 09:00", actionDue: "NFA"));
        var after = await UpdatesAsync(3);

        // Three hours old, the second of the same minute a second later; the one of January is outside of the window.
        var times = before.Select(u => DateTimeOffset.Parse(u!["updated_datetime"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(Now - times[0], TimeSpan.FromHours(3), TimeSpan.FromHours(3.1));
        Assert.Equal(TimeSpan.FromSeconds(1), times[1] - times[0]);
        Assert.InRange(
            Now - DateTimeOffset.Parse(after[2]!["updated_datetime"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromSeconds(-2),
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Old_news_that_comes_late_does_not_set_a_report_back()
    {
        Publish();
        await StartAsync();
        await FetchedAsync(3);
        Publish(Row(1, "02/11/2026 10:00", actionDue: "NR"));
        await UpdatesAsync(1);

        Publish(Row(1, "02/11/2026 10:00", actionDue: "NR"), Row(1, "01/11/2026 10:00", actionDue: "N1"));

        Assert.Equal(["fixed", "unchanged"], (await UpdatesAsync(2)).Select(u => u!["status"]!.ToString()));
    }

    [Fact]
    public async Task An_error_page_a_wrong_type_or_an_error_keep_nothing_else_from_being_read()
    {
        _council.Files["/exports/highways.csv"] = static http => http.Response.WriteAsync("<html>Please log in</html>");
        _council.Files["/exports/maintenance.csv"] = static http =>
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        _council.Files["/exports/cleansing.csv"] = static http =>
        {
            http.Response.ContentType = "text/html";
            return http.Response.WriteAsync("<html>Please log in</html>");
        };
        await StartAsync();

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<string>("SELECT cause FROM collection") is { } cause
            && cause.Contains("maintenance.csv: The file cannot be fetched: 404", StringComparison.Ordinal)
            && cause.Contains("cleansing.csv: It is no CSV or XML file: text/html", StringComparison.Ordinal), "the causes");
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<string>("SELECT cause FROM document WHERE state = 3") is { } cause
                && cause.Contains("holds no Request", StringComparison.Ordinal), "the page");
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE backend = 'symology' AND cause IN ('news', 'documents')") == 2,
            "somebody is told");
        // A page is kept once, not every five minutes.
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document"));

        _council.Files.Clear();
        Publish(Row(5, "02/11/2026 10:00", actionDue: "NR"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<string>("SELECT cause FROM collection") == "", "it is good again");
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 1, "the update");
    }

    [Fact]
    public async Task A_file_that_is_dropped_is_taken_when_it_is_whole()
    {
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.Path, ["remove"] = true });
        _drop.Write("notes.txt", "not for the gateway");

        // What leads elsewhere is not the council's.
        System.IO.File.CreateSymbolicLink(_drop.At("link.csv"), "/dev/zero");

        _drop.Write("highways-20261101.csv", File(Row(7, "01/11/2026 09:30", actionDue: "NR"), Row(8, "bad", actionDue: "NR")));

        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2 AND name LIKE 'highways-%'") == 1, "the document");
        Assert.Equal(
            (1L, 1L), (await _gateway.ReadAsync<long>("SELECT valid FROM document WHERE name LIKE 'highways-%'"),
                await _gateway.ReadAsync<long>("SELECT invalid FROM document WHERE name LIKE 'highways-%'")));
        Assert.Equal(["link.csv", "notes.txt"], Directory.GetFiles(_drop.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_file_that_grows_is_not_taken_until_it_is_still()
    {
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.Path });
        var rows = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            rows.Add(Row(100 + i, "01/11/2026 09:30", actionDue: "NR"));
            _drop.Write("growing.csv", File([.. rows]));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            await timer.WaitForNextTickAsync();
        }

        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2 AND name = 'growing.csv'") >= 1, "the document");
        Assert.Equal(
            (1L, 12L), (await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'growing.csv'"),
                await _gateway.ReadAsync<long>("SELECT valid FROM document WHERE name = 'growing.csv'")));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_keeps_nothing_else_from_being_collected()
    {
        Publish(Row(5, "02/11/2026 10:00", actionDue: "NR"));
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.At("not", "mounted") });

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 1, "the update");
    }

    [Fact]
    public async Task A_form_that_is_cut_off_is_the_callers_error()
    {
        await StartAsync();
        using var content = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nHistory"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        Assert.Equal(HttpStatusCode.BadRequest, (await UploadAsync(content)).Status);
    }

    [Fact]
    public async Task A_window_of_years_is_refused()
    {
        await StartAsync();

        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await _gateway.GetAsync(
                "servicerequestupdates.json?jurisdiction_id=bexley&start_date=1970-01-01T00:00:00Z&end_date=2026-01-01T00:00:00Z")).Status);
    }

    [Fact]
    public async Task A_file_that_is_uploaded_is_stored_before_it_is_answered_and_is_the_same_when_it_comes_again()
    {
        await StartAsync();
        var file = File(Row(9, "01/11/2026 09:30", actionDue: "NR"));

        var (first, again) = (await UploadAsync(file), await UploadAsync(file));
        using var form = new MultipartFormDataContent { { new StringContent(File(Row(10, "01/11/2026 09:30", actionDue: "NR"))), "file", "evening.csv" } };
        var byForm = await UploadAsync(form);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK, HttpStatusCode.Accepted), (first.Status, again.Status, byForm.Status));
        Assert.Equal(first.Body["document"]!.GetValue<long>(), again.Body["document"]!.GetValue<long>());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 2, "the updates");
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'evening.csv'"));
    }

    [Fact]
    public async Task An_upload_needs_a_key_for_documents_a_back_end_that_reads_them_and_a_length_there_is_room_for()
    {
        await StartAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await UploadAsync("x", key: GatewayApp.Key)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await UploadAsync("x", key: null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await UploadAsync("x", backEnd: "nobody/symology")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await UploadAsync("x", backEnd: "bexley/nothing")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await UploadAsync("x", backEnd: "bexley/email")).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await UploadAsync(new string('x', 1_100_000))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await _gateway.PostAsync("bexley", [.. Some.Report("KERB"), ("api_key", UploadKey)])).Status);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'upload'"));
    }

    [Fact]
    public async Task A_document_is_read_again_after_the_rules_were_put_right()
    {
        await StartAsync(j => Statuses(j).RemoveAt(16));
        var id = (await UploadAsync(
            File(Row(1, "01/11/2026 09:30", actionDue: "NR"), Row(2, "01/11/2026 09:30", actionDue: "NEW")))).Body["document"]!.GetValue<long>();
        await ReadAsync(id, good: 1, bad: 1);
        Assert.Equal("no rule gives it a status", (await _gateway.Get<DocumentQueue>().ShowAsync(id, default))!.Value.Problems.Single().Problem);

        _gateway.Council("bexley", _council.File(j => Statuses(j)[7]!["then"]!["status"] = "closed"));
        _gateway.Get<CouncilDirectory>().Scan();
        Assert.True(await _gateway.Get<DocumentQueue>().ReadAgainAsync(id, default));
        await ReadAsync(id, good: 2, bad: 0);

        // What was known is corrected, what is new is added, nothing is doubled.
        Assert.Equal(
            ["closed", "open"],
            (await UpdatesAsync(2, "&start_date=2026-10-01T00:00:00Z&end_date=2026-12-29T00:00:00Z")).Select(u => u!["status"]!.ToString())
                .Order(StringComparer.Ordinal));
        Assert.False(await _gateway.Get<DocumentQueue>().ReadAgainAsync(4711, default));
    }

    private static JsonArray Statuses(JsonNode file) => file["backends"]!["symology"]!["settings"]!["updates"]!["statuses"]!.AsArray();

    private static string Row(int number, string date, string actionDue) => $"{date},,{number:00000000},,,,,{actionDue},EV,2";

    private static string File(params string[] rows) => string.Join("\r\n", rows.Prepend(SymologyExports.Header("highways"))) + "\r\n";

    private async Task StartAsync(Action<JsonNode>? edit = null)
    {
        await _gateway.Council("bexley", _council.File(edit)).StartAsync();
        await _gateway.Services.GetKeys().AddAsync("exports", UploadKey, ["bexley", "nowhere"], ApiKeys.Documents, ClientProfile.None, null, default);
    }

    private void Publish(params string[] rows)
    {
        var file = File(rows);
        _council.Files["/exports/highways.csv"] = http =>
        {
            http.Response.ContentType = "text/csv";
            return http.Response.WriteAsync(file);
        };
    }

    private Task FetchedAsync(int documents) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2") >= documents, $"{documents} documents");

    private Task ReadAsync(long id, long good, long bad) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM document WHERE id = {id} AND state = 2 AND valid = {good} AND invalid = {bad}") == 1,
            $"document {id}: {good} good, {bad} bad");

    private async Task<JsonArray> UpdatesAsync(int count, string window = "")
    {
        JsonArray updates = [];
        await Eventually.TrueAsync(
            async () => (updates =
                JsonNode.Parse((await _gateway.GetAsync("servicerequestupdates.json?jurisdiction_id=bexley" + window)).Body)!.AsArray()).Count == count,
                $"{count} updates");
        return updates;
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> UploadAsync(string file, string? key = UploadKey, string backEnd = "bexley/symology")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(file));
        // As curl --data-binary sends it.
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        return await UploadAsync(content, key, backEnd);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> UploadAsync(HttpContent content, string? key = UploadKey, string backEnd = "bexley/symology")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.Address, $"/documents/{backEnd}")) { Content = content };
        // As curl does with a long one: what is refused unread is not sent into a closing connection.
        request.Headers.ExpectContinue = true;
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await _gateway.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
