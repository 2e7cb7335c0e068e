using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Email;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>
/// A gateway of two councils with content for every page: an undelivered report with a photo, an update, a document with an invalid row, a pause and a
/// plug-in. All texts contain a script; the names of one person and one secret are constants.
/// </summary>
public sealed class SiteWorld : IAsyncLifetime
{
    public const string Script = "<script>alert('x')</script>";
    public const string Person = "Canaryface";
    public const string Email = "canary.person@canary.example";
    public const string Phone = "+44 7700 900123";
    public const string Secret = "canary-secret-9f3b";
    public const string Council = "one";

    private readonly Dictionary<(Role, string), Visitor> _visitors = [];

    internal GatewayApp Gateway { get; } = new GatewayApp("--Sending:RetryAfter=1.00:00:00").Secret("CANARY", Secret);

    internal string ReportId { get; private set; } = "";

    internal IReadOnlyList<PageRoute> Routes { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Gateway
            .Council("one", $$"""
                {
                  "jurisdictionId": "{{Council}}", "name": "Council {{Script.Replace("'", "", StringComparison.Ordinal)}}", "mode": "queued", "sendMethod": "open311",
                  "backends": {
                    "open311": { "adapter": "open311", "settings": { "endpoint": "http://127.0.0.1:9/{{Script.Replace("'", "", StringComparison.Ordinal)}}", "apiKey": "${secret:CANARY}" } },
                    "email": { "adapter": "email", "settings": { "to": "highways@one.example" } } },
                  "catalogue": [],
                  "services": [ { "code": "BIN", "name": "Bin {{Script.Replace("'", "", StringComparison.Ordinal)}}", "group": "Group {{Script.Replace("'", "", StringComparison.Ordinal)}}", "backend": "email", "questions": [ { "code": "WHERE", "description": "Where? {{Script.Replace("'", "", StringComparison.Ordinal)}}", "type": "text" } ] } ]
                }
                """)
            .Council("two", Some.EmailCouncil("two"));
        Built.Drop("Open311", Gateway.Plugins);
        await Gateway.StartAsync();

        ReportId = await ReportAsync(Council);
        await ReportAsync("two");
        await Gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>()
            .PauseAsync(new(Council, "", "BIN"), $"Reason {Script}", $"Somebody {Script}", until: null, default);
        await Gateway.Get<IDatabase>().WriteAsync(
            async db =>
            {
                await db.ExecuteAsync("UPDATE attachment SET report_id = (SELECT MIN(id) FROM report WHERE council = 'one')");
                await db.ExecuteAsync(
                    """
                    INSERT INTO document (council, backend, source, name, sha256, length, received, state, baseline, again, due, claimed, claimed_by, attempts, reads_started, read_at, valid, added, invalid, cause)
                    VALUES ('one', 'email', 'upload', @name, @sha256, 3, 1000, 2, 0, 0, 0, 0, '', 1, 0, 1000, 1, 1, 1, @name)
                    """,
                    new { name = $"d{Script}.csv", sha256 = new byte[] { 0 } });
                return await db.ExecuteAsync(
                    "INSERT INTO document_problem (document_id, number, row, problem) SELECT id, 1, 7, @problem FROM document",
                    new { problem = $"Bad {Script}" });
            },
            default);
        await Gateway.Get<BulkJobs>()
            .CreateAsync(
                BulkAction.Acknowledge, "1", [Council], [await Gateway.ReadAsync<long>("SELECT MIN(id) FROM delivery")], "a test", $"Because {Script}",
                default);
        await Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM bulk_job WHERE ended = 0") == 0, "the bulk job has ended");
        await Gateway.Get<TemplateStore>().DraftAsync("report.sbn-txt", $"{Script} {{{{ description }}}}", default);
        Routes = await RoutesAsync();
    }

    /// <summary>Returns the visitor with a role for some councils or all; the same one each time.</summary>
    internal async Task<Visitor> VisitorAsync(Role role, params string[] councils)
    {
        var key = (role, string.Join(',', councils));
        if (!_visitors.TryGetValue(key, out var visitor))
            _visitors[key] = visitor = role == Role.None ? new Visitor(Gateway.Address) : await Visitor.SignedInAsync(Gateway, role, councils);
        return visitor;
    }

    /// <summary>Returns an existing address of a page, of the first council if the page belongs to a council.</summary>
    internal async Task<string> AddressAsync(PageRoute route)
    {
        var address = route.Template;
        if (address.Contains("{council}", StringComparison.Ordinal))
            address = address.Replace("{council}", Council, StringComparison.Ordinal);
        foreach (var (part, value) in new[]
        {
            ("reports/{id}", $"reports/{ReportId}"),
            ("{file:long}", Text(await Gateway.ReadAsync<long>("SELECT MIN(id) FROM attachment"))),
            ("documents/{id:long}", $"documents/{Text(await Gateway.ReadAsync<long>("SELECT MIN(id) FROM document"))}"),
            ("accounts/{id:long}", $"accounts/{Text(await Gateway.ReadAsync<long>("SELECT MIN(id) FROM account"))}"),
            ("bulk/{id:long}", $"bulk/{Text(await Gateway.ReadAsync<long>("SELECT MIN(id) FROM bulk_job"))}"),
            ("audit/{id:long}", $"audit/{Text(await Gateway.ReadAsync<long>("SELECT MAX(id) FROM audit WHERE council = 'one'"))}"),
            ("{token}", new string('0', 64)),
        })
            address = address.Replace(part, value, StringComparison.Ordinal);
        Assert.DoesNotContain('{', address);
        var query = route.Template switch
        {
            "admin/councils/{council}/send-method" => "?to=email",
            "admin/reports/bulk" => "?state=unsent",
            "admin/templates/edit" => "?name=report.sbn-html",
            "admin/templates/frame" => $"?name=report.sbn-html&report={ReportId}",
            _ => "",
        };
        return $"/{address}{query}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var visitor in _visitors.Values)
            visitor.Dispose();
        await Gateway.DisposeAsync();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<string> ReportAsync(string council)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in new[]
        {
            ("api_key", GatewayApp.Key), ("jurisdiction_id", council), ("service_code", "BIN"), ("lat", "51.5"), ("long", "-0.1"),
            ("description", $"A hole {Script}"), ("address_string", $"Road {Script}"),
            ("first_name", Person), ("last_name", Script), ("email", Email), ("phone", Phone), ("attribute[WHERE]", $"There {Script}"),
            ("attribute[fixmystreet_id]", "42"), ("media_url", "https://pictures.example/1.jpg"),
        })
            form.Add(new StringContent(value), name);
        var picture = new ByteArrayContent([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xD9]);
        picture.Headers.ContentType = new("image/jpeg");
        form.Add(picture, "media", "a'script.jpg");
        using var response = await Gateway.Http.PostAsync(new Uri($"{Gateway.V2}/requests.xml"), form);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return body.Split("<service_request_id>")[1].Split('<')[0];
    }

    private async Task<IReadOnlyList<PageRoute>> RoutesAsync()
    {
        var loader = Gateway.Services.GetRequiredService<PageLoader>();
        var routes = new List<PageRoute>();
        foreach (var page in Gateway.Services.GetRequiredService<IActionDescriptorCollectionProvider>().ActionDescriptors.Items.OfType<PageActionDescriptor>())
        {
            var compiled = await loader.LoadAsync(page, EndpointMetadataCollection.Empty);
            routes.Add(new PageRoute(
                page.AttributeRouteInfo!.Template!, compiled.EndpointMetadata.OfType<NeedsAttribute>().SingleOrDefault(),
                [.. compiled.HandlerMethods.Select(h => (h.HttpMethod, h.Name))]));
        }

        return routes;
    }
}

/// <summary>One gateway for all tests that only read the pages.</summary>
[CollectionDefinition(nameof(SiteWorld))]
public sealed class SiteCollection : ICollectionFixture<SiteWorld>;

/// <summary>A page: its route template, its access rule and its handlers.</summary>
internal sealed record PageRoute(string Template, NeedsAttribute? Needs, IReadOnlyList<(string Method, string? Name)> Handlers)
{
    public bool IsOfCouncil =>
        Template.Contains("{council}", StringComparison.Ordinal) || Template.Contains("reports/{id}", StringComparison.Ordinal)
            || Template.Contains("bulk/{id", StringComparison.Ordinal) || Template.Contains("audit/{id", StringComparison.Ordinal);

    public override string ToString() => Template;
}
