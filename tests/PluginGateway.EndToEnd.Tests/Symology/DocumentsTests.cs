using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// Tests the council's files: fetched, dropped into a folder and uploaded; valid, partly valid and invalid; and read again after a
/// correction of the rules.
/// </summary>
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
    public async Task Export_becomes_updates_of_its_reports()
    {
        await StartAsync();
        var id = (await _gateway.PostAsync("bexley", Some.Report("KERB", "4711"))).Id;
        await FetchedAsync(3);

        Publish(Row(560_250, "01/11/2026 09:30", actionDue: "N1"), Row(560_250, "02/11/2026 10:00", actionDue: "NR"), Row(
            77, "02/11/2026 10:00", actionDue: "NFA"));

        var updates = await UpdatesAsync(3);
        Assert.Equal(["in_progress", "fixed"], updates.Where(u => u!["service_request_id"]!.ToString() == id).Select(u => u!["status"]!.ToString()));
        // An update of a case unknown to the gateway, by the case number.
        Assert.Equal("no_further_action", Assert.Single(updates, u => u!["service_request_id"]!.ToString() == "77")!["status"]!.ToString());
        Assert.Equal("fixed", await _gateway.ReadAsync<string>("SELECT status FROM report"));
        Assert.Contains("\"status\":\"closed\"", (await _gateway.GetAsync($"requests/{id}.json?jurisdiction_id=bexley")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Baseline_rows_are_served_with_their_own_time_and_later_rows_with_the_time_of_receipt()
    {
        var first = TimeZoneInfo.ConvertTime(Now.AddHours(-3), TimeZoneInfo.FindSystemTimeZoneById("Europe/London"))
            .ToString("dd/MM/yyyy HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        Publish(Row(1, first, actionDue: "N1"), Row(1, first, actionDue: "N2"), Row(2, "01/01/2026 09:00", actionDue: "NR"));
        await StartAsync();
        var before = await UpdatesAsync(2);

        Publish(Row(1, first, actionDue: "N1"), Row(1, first, actionDue: "N2"), Row(2, "01/01/2026 09:00", actionDue: "NR"), Row(
            2, "02/01/2026 09:00", actionDue: "NFA"));
        var after = await UpdatesAsync(3);

        // Three hours old, and the second row of the same minute one second later. The row of January is outside the window.
        var times = before.Select(u => DateTimeOffset.Parse(u!["updated_datetime"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(Now - times[0], TimeSpan.FromHours(3), TimeSpan.FromHours(3.1));
        Assert.Equal(TimeSpan.FromSeconds(1), times[1] - times[0]);
        Assert.InRange(
            Now - DateTimeOffset.Parse(after[2]!["updated_datetime"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromSeconds(-2),
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Late_update_does_not_revert_the_status()
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
    public async Task Failing_exports_do_not_affect_others()
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
            && cause.Contains("maintenance.csv: Fetching the file failed: 404", StringComparison.Ordinal)
            && cause.Contains("cleansing.csv: The file is neither CSV nor XML: text/html", StringComparison.Ordinal), "the causes are recorded");
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<string>("SELECT cause FROM document WHERE state = 3") is { } cause
                && cause.Contains("contains no Request", StringComparison.Ordinal), "the error page is rejected");
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE backend = 'symology' AND cause IN ('news', 'documents')") == 2,
            "both incidents are open");
        // The page is stored once, not at every poll.
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document"));

        _council.Files.Clear();
        Publish(Row(5, "02/11/2026 10:00", actionDue: "NR"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<string>("SELECT cause FROM collection") == "", "the failure is cleared");
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 1, "the update is stored");
    }

    [Fact]
    public async Task Dropped_file_is_read_when_complete()
    {
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.Path, ["remove"] = true });
        _drop.Write("notes.txt", "not for the gateway");

        // Links out of the folder are not followed.
        System.IO.File.CreateSymbolicLink(_drop.At("link.csv"), "/dev/zero");

        _drop.Write("highways-20261101.csv", File(Row(7, "01/11/2026 09:30", actionDue: "NR"), Row(8, "bad", actionDue: "NR")));

        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2 AND name LIKE 'highways-%'") == 1,
            "the document is read");
        Assert.Equal(
            (2L, 0L), (await _gateway.ReadAsync<long>("SELECT valid FROM document WHERE name LIKE 'highways-%'"),
                await _gateway.ReadAsync<long>("SELECT invalid FROM document WHERE name LIKE 'highways-%'")));
        // The row with an invalid date is told under the time of receipt, and reported.
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document_problem"));
        Assert.Equal(["link.csv", "notes.txt"], Directory.GetFiles(_drop.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task File_that_cannot_be_opened_is_retried_and_reported_until_it_is_stored()
    {
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.Path, ["remove"] = true });
        var path = _drop.At("locked.csv");
        // Another process of the same machine that writes the file locks it.
        await using (var writer = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            await writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(File(Row(7, "01/11/2026 09:30", actionDue: "NR"))));
            await writer.FlushAsync();
            await Eventually.TrueAsync(
                async () => (await _gateway.ReadAsync<string?>("SELECT MAX(cause) FROM folder_problem"))?.Contains("locked.csv", StringComparison.Ordinal) == true,
                "the problem is recorded");
            await Eventually.TrueAsync(
                async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE cause = 'files'") == 1, "an alert is sent");
            Assert.True(System.IO.File.Exists(path));
        }

        // The file has not changed, but it is stored.
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2 AND name = 'locked.csv'") == 1, "the file is stored");
        await Eventually.TrueAsync(() => !System.IO.File.Exists(path), "the file is removed");
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM folder_problem") == 0, "the problem is over");
    }

    [Fact]
    public async Task Growing_file_is_read_only_when_stable()
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
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2 AND name = 'growing.csv'") >= 1, "the document is read");
        Assert.Equal(
            (1L, 12L), (await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'growing.csv'"),
                await _gateway.ReadAsync<long>("SELECT valid FROM document WHERE name = 'growing.csv'")));
    }

    [Fact]
    public async Task Missing_folder_does_not_stop_other_sources()
    {
        Publish(Row(5, "02/11/2026 10:00", actionDue: "NR"));
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _drop.At("not", "mounted") });

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 1, "the update is stored");
    }

    [Fact]
    public async Task Truncated_form_is_a_client_error()
    {
        await StartAsync();
        using var content = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nHistory"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        Assert.Equal(HttpStatusCode.BadRequest, (await UploadAsync(content)).Status);
    }

    [Theory]
    [InlineData("xml")]
    [InlineData("json")]
    public async Task Window_of_any_length_is_answered_page_by_page(string format)
    {
        await StartAsync();
        const int Updates = 2_500;
        await _gateway.Get<CouncilUpdateStore>().AddAsync(
            _gateway.Get<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!,
            [
                .. Enumerable.Range(0, Updates).Select(i => new CouncilUpdate
                {
                    UpdateId = i.ToString(System.Globalization.CultureInfo.InvariantCulture), BackEndId = "7", Status = "open",
                    OccurredAt = TimeProvider.System.GetUtcNow().AddDays(-1).AddSeconds(i),
                }),
            ],
            baseline: false, documentId: 0, again: false, default);

        var end = TimeProvider.System.GetUtcNow().AddDays(1);
        var reply = await _gateway.GetAsync(
            $"servicerequestupdates.{format}?jurisdiction_id=bexley&api_key={GatewayApp.Key}&start_date=1970-01-01T00:00:00Z&end_date={end:yyyy-MM-ddTHH:mm:ssZ}");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        var ids = format == "xml"
            ? reply.Xml.Elements("request_update").Select(u => u.Element("update_id")!.Value)
            : reply.Json.EnumerateArray().Select(u => u.GetProperty("update_id").GetString()!);
        Assert.Equal(Enumerable.Range(0, Updates).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), ids);
    }

    [Fact]
    public async Task Uploaded_file_is_stored_before_the_response_and_recognised_when_repeated()
    {
        await StartAsync();
        var file = File(Row(9, "01/11/2026 09:30", actionDue: "NR"));

        var (first, again) = (await UploadAsync(file), await UploadAsync(file));
        using var form = new MultipartFormDataContent { { new StringContent(File(Row(10, "01/11/2026 09:30", actionDue: "NR"))), "file", "evening.csv" } };
        var byForm = await UploadAsync(form);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK, HttpStatusCode.Accepted), (first.Status, again.Status, byForm.Status));
        Assert.Equal(first.Body["document"]!.GetValue<long>(), again.Body["document"]!.GetValue<long>());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update") == 2, "the updates are stored");
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'evening.csv'"));
    }

    [Fact]
    public async Task Upload_requires_a_document_key_a_reading_back_end_and_an_allowed_length()
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
    public async Task Document_is_read_again_after_a_correction_of_the_rules()
    {
        await StartAsync(j => Statuses(j).RemoveAt(16));
        var id = (await UploadAsync(
            File(Row(1, "01/11/2026 09:30", actionDue: "NR"), Row(2, "01/11/2026 09:30", actionDue: "NEW")))).Body["document"]!.GetValue<long>();
        await ReadAsync(id, valid: 1, invalid: 1);
        Assert.Equal("no rule sets a status for this row", (await _gateway.Get<DocumentQueue>().ShowAsync(id, default))!.Value.Problems.Single().Problem);

        _gateway.Council("bexley", _council.File(j => Statuses(j)[7]!["then"]!["status"] = "closed"));
        await _gateway.Get<CouncilDirectory>().ScanAsync(default);
        Assert.True(await _gateway.Get<DocumentQueue>().ReadAgainAsync(id, default));
        await ReadAsync(id, valid: 2, invalid: 0);

        // Known updates are corrected, new ones added, and none duplicated.
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
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE state = 2") >= documents, $"{documents} documents are read");

    private Task ReadAsync(long id, long valid, long invalid) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>(
                $"SELECT COUNT(*) FROM document WHERE id = {id} AND state = 2 AND valid = {valid} AND invalid = {invalid}") == 1,
            $"document {id}: {valid} valid, {invalid} invalid");

    private async Task<JsonArray> UpdatesAsync(int count, string window = "")
    {
        JsonArray updates = [];
        await Eventually.TrueAsync(
            async () => (updates =
                JsonNode.Parse((await _gateway.GetAsync($"servicerequestupdates.json?jurisdiction_id=bexley&api_key={GatewayApp.Key}" + window)).Body)!.AsArray()).Count == count,
                $"{count} updates are served");
        return updates;
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> UploadAsync(string file, string? key = UploadKey, string backEnd = "bexley/symology")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(file));
        // The content type that curl --data-binary sends.
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        return await UploadAsync(content, key, backEnd);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> UploadAsync(HttpContent content, string? key = UploadKey, string backEnd = "bexley/symology")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.Address, $"/documents/{backEnd}")) { Content = content };
        // As curl does for long content, so that content rejected early is not sent into a closing connection.
        request.Headers.ExpectContinue = true;
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await _gateway.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
