using System.Net;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests that user input is encoded on every page, and that personal data and secrets appear only where they must.</summary>
[Collection(nameof(SiteWorld))]
public sealed class ContentTests(SiteWorld world)
{
    [Fact]
    public async Task A_script_in_any_text_is_encoded()
    {
        var visitor = await world.VisitorAsync(Role.Admin);
        var shown = 0;
        foreach (var route in world.Routes)
        {
            var seen = await visitor.GetAsync(await world.AddressAsync(route));
            Assert.DoesNotContain("<script>alert", seen.Body);
            shown += seen.Body.Split("&lt;script&gt;alert").Length - 1;
        }

        // The report, the council, its services, the pause, the document and its row, and the audit log.
        Assert.True(shown > 15, $"{shown} times");
        var report = await visitor.GetAsync($"/admin/reports/{world.ReportId}");
        foreach (var text in (string[])["A hole", "Road", "There"])
            Assert.Contains($"{text} {SiteWorld.Script}", report.Text);
    }

    [Fact]
    public async Task Personal_data_is_shown_only_to_operators_on_the_page_of_the_report()
    {
        foreach (var role in (Role[])[Role.Viewer, Role.Operator, Role.Admin])
        {
            var visitor = await world.VisitorAsync(role);
            foreach (var route in world.Routes)
            {
                var seen = await visitor.GetAsync(await world.AddressAsync(route));
                // A template is previewed with a real report: an operator sees what the council will receive.
                var may = role >= Role.Operator && route.Template is ("admin/reports/{id}" or "admin/templates/frame");
                foreach (var trace in (string[])[SiteWorld.Person, SiteWorld.Email, SiteWorld.Phone])
                    Assert.True(may == WebUtility.HtmlDecode(seen.Body).Contains(trace, StringComparison.Ordinal), $"{trace} on {route} for {role}");
            }
        }
    }

    [Fact]
    public async Task A_secret_is_shown_on_no_page()
    {
        var visitor = await world.VisitorAsync(Role.Admin);
        foreach (var route in world.Routes)
            Assert.DoesNotContain(SiteWorld.Secret, (await visitor.GetAsync(await world.AddressAsync(route))).Body);
        Assert.Contains("${secret:CANARY}", (await visitor.GetAsync("/admin/councils/one")).Text);
    }

    [Fact]
    public async Task A_secret_in_a_council_file_is_masked()
    {
        await using var gateway = new GatewayApp().Council("one", """
            { "jurisdictionId": "one", "name": "One",
              // password: hunter2
              "backends": { "b": { "adapter": "other", "settings": {
                "password": /* old */ "hunter2", "pwd": "hunter2", "url": "https://user:hunter2@council.example/", "connection": "Server=x;Password=hunter2", "auth": [ "Token=hunter2" ],
                "innocent": "hunter2", "number": 72317, "endpoint": "https://council.example/?x=hunter2", "endpoint": "https://council.example/v2", "to": ["a@b.example"],
                "nested": { "adapter": "hunter2", "again": "${secret:NAME}", "part": "${secret:NAME}hunter2" } } } },
              "services": [ { "code": "A", "name": "A", "backend": "b" } ] }
            """);
        await gateway.StartAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Admin);

        var page = await visitor.GetAsync("/admin/councils/one");

        Assert.Contains("\"password\": \"[not shown]\"", page.Text);
        foreach (var shown in new[] { "\"endpoint\": \"https://council.example/v2\"", "\"a@b.example\"", "\"again\": \"${secret:NAME}\"", "\"code\": \"A\"" })
            Assert.Contains(shown, page.Text);
        Assert.DoesNotContain("hunter2", page.Body);
        Assert.DoesNotContain("72317", page.Body);
    }
}
