using System.Net;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests every page with every role. The pages are discovered, so that new ones are included.</summary>
[Collection(nameof(SiteWorld))]
public sealed class AccessTests(SiteWorld world)
{
    private static readonly (Role Role, string[] Councils)[] Everybody =
        [(Role.None, []), (Role.Viewer, []), (Role.Viewer, ["two"]), (Role.Operator, []), (Role.Operator, [SiteWorld.Council]), (Role.Operator, ["two"]),
            (Role.Admin, [])];

    [Fact]
    public void Every_page_states_who_may_use_it()
    {
        Assert.NotEmpty(world.Routes);
        Assert.All(world.Routes, route => Assert.True(route.Needs is not null, $"{route} has no access rule."));
        // Only these pages are available without signing in.
        Assert.Equal(
            ["admin/set-up/{token}", "admin/sign-in", "admin/sign-in/code", "admin/sign-in/with-openid", "admin/sign-out"],
            world.Routes.Where(r => r.Needs!.ToView == Role.None).Select(r => r.Template).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_page_is_shown_only_to_accounts_with_access()
    {
        foreach (var (role, councils) in Everybody)
        {
            var visitor = await world.VisitorAsync(role, councils);
            foreach (var route in world.Routes.Where(r => r.Handlers.Any(h => h.Method == "Get") || r.Handlers.Count == 0))
            {
                var seen = await visitor.GetAsync(await world.AddressAsync(route));
                var expected = Expected(route, role, councils, route.Needs!.ToView)
                    ?? (route.Template.Contains("{token}", StringComparison.Ordinal) || route.Template == "admin/sign-in/with-openid" ? HttpStatusCode.NotFound
                        : IsAbsent(route) || IsCode(route) ? HttpStatusCode.Redirect
                        : HttpStatusCode.OK);
                Assert.True(seen.Status == expected, $"{route} for {role} of {string.Join(',', councils)}: {seen.Status}, not {expected}. {seen.Text}");
                // The page of a council without a file leads to the council's page when the file is back, and the page for a code to the sign-in page.
                if (seen.Status == HttpStatusCode.Redirect)
                    Assert.True(
                        seen.Location!.StartsWith("/admin/sign-in?to=", StringComparison.Ordinal)
                            || (IsAbsent(route) && seen.Location.StartsWith("/admin/councils/", StringComparison.Ordinal))
                            || (IsCode(route) && seen.Location == "/admin/sign-in"),
                        seen.Location);
            }
        }

        static bool IsCode(PageRoute route) => route.Template == "admin/sign-in/code";
        static bool IsAbsent(PageRoute route) => route.Template.EndsWith("/absent", StringComparison.Ordinal);
    }

    /// <summary>Posts without a form token. A missing permission is reported as such; with permission, the missing token is reported.</summary>
    [Fact]
    public async Task A_post_without_permission_or_form_token_changes_nothing()
    {
        foreach (var (role, councils) in Everybody)
            await world.VisitorAsync(role, councils);
        var before = await StateAsync();
        var count = 0;
        foreach (var (role, councils) in Everybody)
        {
            var visitor = await world.VisitorAsync(role, councils);
            foreach (var route in world.Routes)
                foreach (var (_, name) in route.Handlers.Where(h => h.Method != "Get"))
                {
                    var address = (await world.AddressAsync(route)).Split('?')[0];
                    var seen = await visitor.PostAsync(
                        $"{address}?{(name is null ? "" : $"handler={name}&")}state=unsent", ("why", "a test"), ("name", "somebody"),
                        ("password", Visitor.Password), ("role", "Admin"), ("to", "email"));
                    var expected = Expected(route, role, councils, route.Needs!.ToChange) ?? HttpStatusCode.BadRequest;
                    Assert.True(seen.Status == expected, $"{route} {name} by {role} of {string.Join(',', councils)}: {seen.Status}, not {expected}.");
                    count++;
                }
        }

        Assert.True(count > 50, $"{count} requests");
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task A_get_request_changes_nothing()
    {
        var visitor = await world.VisitorAsync(Role.Admin);
        await visitor.GetAsync("/admin");
        var before = await StateAsync();

        foreach (var route in world.Routes)
            foreach (var (_, name) in route.Handlers)
            {
                var address = await world.AddressAsync(route);
                await visitor.GetAsync(
                    $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}handler={name}&why=a+test&delivery=1&backend=email");
            }

        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task An_account_for_one_council_sees_no_data_of_another()
    {
        var visitor = await world.VisitorAsync(Role.Operator, "two");
        foreach (var address in (string[])["/admin", "/admin/reports", "/admin/reports?state=unsent", "/admin/audit", $"/admin/reports?q={world.ReportId}"])
        {
            var seen = await visitor.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, seen.Status);
            Assert.DoesNotContain(world.ReportId, seen.Body.Replace($"value=\"{world.ReportId}\"", "", StringComparison.Ordinal));
            Assert.DoesNotContain("Council &lt;script", seen.Body);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/admin/reports?council=one")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/admin/audit?council=one")).Status);
    }

    [Fact]
    public async Task Responses_have_security_headers_and_pages_are_small()
    {
        var visitor = await world.VisitorAsync(Role.Admin);
        foreach (var route in world.Routes.Where(r => r.Template is not ("admin/reports/{id}/files/{file:long}" or "admin/templates/frame")))
        {
            var seen = await visitor.GetAsync(await world.AddressAsync(route));
            Assert.Equal("default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'", seen.Headers["Content-Security-Policy"]);
            Assert.Equal("nosniff", seen.Headers["X-Content-Type-Options"]);
            Assert.Contains("no-store", seen.Headers["Cache-Control"]);
            Assert.True(seen.Body.Length < 100_000, $"{route}: {seen.Body.Length} characters");
            Assert.Empty(seen.Document.QuerySelectorAll("form[method=post]").Where(f => f.QuerySelector("input[name=form]") is null).Select(f => f.OuterHtml));
            Assert.Empty(seen.Document.QuerySelectorAll("[style], style, script:not([src]), [onclick], [onload], [onsubmit]"));
        }
    }

    /// <summary>Returns the status with which access is refused; null when it is allowed.</summary>
    private static HttpStatusCode? Expected(PageRoute route, Role role, string[] councils, Role needs)
    {
        var isOther = councils is ["two"];
        return needs == Role.None ? null
            : role == Role.None ? HttpStatusCode.Redirect
            : (isOther && route.Template.Contains("{council}", StringComparison.Ordinal)) || (route.Needs!.AllCouncils && councils.Length > 0)
                ? HttpStatusCode.NotFound
            : role < needs ? HttpStatusCode.Forbidden
            // The council is known only after reading the database, which happens after checking the form token.
            : isOther && route.IsOfCouncil && needs == route.Needs.ToView ? HttpStatusCode.NotFound
            : null;
    }

    private async Task<string> StateAsync()
    {
        var parts = new List<string>();
        foreach (var sql in (string[])
        [
            "SELECT COUNT(*) FROM audit WHERE action NOT IN ('sign-in', 'account-create')", "SELECT COUNT(*) FROM suspension WHERE ended = 0",
            "SELECT COUNT(*) FROM route", "SELECT COUNT(*) FROM account WHERE role = 3", "SELECT COUNT(*) FROM report_revision",
            "SELECT COUNT(*) FROM acknowledgement", "SELECT SUM(state) FROM delivery", "SELECT SUM(again) FROM document", "SELECT COUNT(*) FROM api_key",
            "SELECT COUNT(*) FROM bulk_job", "SELECT COUNT(*) FROM template WHERE content IS NOT NULL", "SELECT COUNT(*) FROM plugin_version WHERE state = 2",
        ])
            parts.Add($"{sql}: {await world.Gateway.ReadAsync<long>(sql)}");
        return string.Join('\n', parts);
    }
}
