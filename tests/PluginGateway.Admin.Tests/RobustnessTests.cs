using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Admin.Pages.Reports;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests unusual input, concurrent changes, outdated pages and large amounts of data.</summary>
public sealed class RobustnessTests(SiteWorld world) : IClassFixture<SiteWorld>
{
    [Fact]
    public async Task Unusual_input_is_answered_and_changes_nothing()
    {
        var visitor = await world.VisitorAsync(Role.Admin);
        foreach (var address in (string[])
        [
            "/admin/reports?until=9999-12-31&from=0000-01-01", "/admin/audit?until=9999-12-31", "/admin/reports?state=99",
            "/admin/reports?state=nonsense&p=-1", $"/admin/reports?q={new string('a', 300)}",
            $"/admin/reports?q={string.Join('+', Enumerable.Range(0, 500).Select(i => $"w{i}"))}", "/admin?p=-7", "/admin/councils/one/services?p=100000",
            "/admin/accounts?p=99999",
        ])
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync(address)).Status);
        foreach (var address in (string[])["/admin/bulk/999999", "/admin/reports/%23999999", "/admin/audit/999999", "/admin/accounts/999999",
            "/admin/councils/none/documents", "/admin/templates/edit?name=../x", "/admin/templates/frame?name=%2F"])
            Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync(address)).Status);

        var keys = await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM api_key");
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.SubmitAsync("/admin/clients", "form[action*=Create]", ("client", "x"), ("days", "1e3"))).Status);
        Assert.Equal(keys, await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM api_key"));
    }

    [Fact]
    public async Task A_bulk_action_processes_only_the_reports_that_were_shown()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);

        Assert.Equal(
            HttpStatusCode.BadRequest, (await visitor.SubmitAsync("/admin/reports/bulk?state=held", "main form", ("what", "Nonsense"), ("why", "x"))).Status);
        await visitor.SubmitAsync("/admin/reports/bulk?state=held", "main form", ("what", "Cancel"), ("count", "1"), ("why", "x"));
        await visitor.SubmitAsync("/admin/reports/bulk?state=held", "main form", ("what", "Cancel"), ("last", "1"), ("why", "x"));
        var refused =
            await visitor.SubmitRefusedAsync("/admin/reports/bulk?state=held", "main form", ("what", "Acknowledge"), ("day", "2001-01-31"), ("why", "later"));
        Assert.Contains("Choose a day in the future.", refused.Text);
        Assert.Equal(["Acknowledge"], refused.Document.QuerySelectorAll("input[name=what][checked]").Select(r => r.GetAttribute("value")));
        Assert.Equal(["2001-01-31", "later"], refused.Document.QuerySelectorAll("#day, #why").Select(f => f.GetAttribute("value")));
        await visitor.SubmitAsync("/admin/reports/bulk?state=held", "main form", ("why", "x"));
        Assert.Equal(1, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM bulk_job"));
    }

    [Fact]
    public async Task A_page_that_refreshes_itself_does_not_extend_the_session()
    {
        var clock = new FakeTimeProvider(Some.Time);
        await using var gateway = new GatewayApp().Clock(clock).Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Viewer);

        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(7));
            using var message = new HttpRequestMessage(HttpMethod.Get, "/admin") { Headers = { { "X-Live", "1" } } };
            using var response = await visitor.SendAsync(message);
            Assert.Equal(i < 4 ? HttpStatusCode.OK : HttpStatusCode.Redirect, response.StatusCode);
        }
    }

    [Fact]
    public async Task An_action_on_a_delivery_changes_only_that_delivery()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);
        var copy = await gateway.ReadAsync<long>("SELECT MIN(id) FROM delivery WHERE kind = 2");

        await visitor.SubmitAsync($"/admin/reports/%23{copy}", "form[action*=Cancel]", ("why", "nobody reads it"));

        Assert.Equal([(1, 5), (2, 7)], (await gateway.ListAsync<(int, int)>("SELECT kind, state FROM delivery ORDER BY kind")));
    }

    [Fact]
    public async Task A_refused_account_form_keeps_its_values()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Admin);

        var refused =
            await visitor.SubmitRefusedAsync("/admin/accounts", "main form", ("name", "rita"), ("password", "short"), ("role", "Operator"), ("councils", "one"));

        Assert.Equal("rita", refused.Document.QuerySelector("#name")!.GetAttribute("value"));
        Assert.Equal("Operator", refused.Document.QuerySelector("#role option[selected]")!.GetAttribute("value"));
        Assert.NotNull(refused.Document.QuerySelector("input[name=councils][value=one][checked]"));
        Assert.Null(refused.Document.QuerySelector("#password")!.GetAttribute("value"));
    }

    [Fact]
    public async Task A_refused_form_keeps_the_selected_delivery()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);
        var copy = (await gateway.ReadAsync<long>("SELECT id FROM delivery WHERE kind = 2")).ToString(CultureInfo.InvariantCulture);

        var refused =
            await visitor.SubmitRefusedAsync(
                $"/admin/reports/{await gateway.ReadAsync<string>("SELECT own_id FROM report")}", "form[action*=Cancel]", ("delivery", copy), ("why", ""));

        Assert.Equal(copy, Assert.Single(refused.Document.QuerySelectorAll("details[open] input[type=radio][checked]")).GetAttribute("value"));
    }

    [Fact]
    public async Task A_paused_failing_back_end_with_held_reports_is_shown()
    {
        await using var gateway = await HeldAsync();
        await gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>().PauseAsync(new("one", "", ""), "a test", "op", until: null, default);
        await gateway.Get<IDatabase>()
            .WriteAsync(db => db.ExecuteAsync("UPDATE lane SET breaker = 1, breaker_since = 1, breaker_cause = 'down', next_probe = 1"), default);
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin/councils/one")).Status);
        // The report and its copy are held.
        Assert.Contains("1 report is not getting through", (await visitor.GetAsync("/admin")).Text);
    }

    [Fact]
    public async Task Reports_of_a_council_without_a_council_file_can_be_found_and_cancelled()
    {
        await using var gateway = await HeldAsync();
        gateway.RemoveCouncil("one");
        await gateway.Get<CouncilDirectory>().ScanAsync(default);
        await gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>().PauseAsync(new("one", "", ""), "a test", "op", until: null, default);
        await gateway.Get<IDatabase>()
            .WriteAsync(db => db.ExecuteAsync("UPDATE delivery SET state = 3, first_tried = 1, attempts = 1, due = 1 WHERE kind = 1"), default);
        using var all = await Visitor.SignedInAsync(gateway, Role.Operator);
        using var own = await Visitor.SignedInAsync(gateway, Role.Operator, "one");
        var id = await gateway.ReadAsync<string>("SELECT own_id FROM report");

        foreach (var visitor in (Visitor[])[all, own])
        {
            var home = await visitor.GetAsync("/admin");
            Assert.Contains("Nothing is sent, because there is no valid council file", home.Text);
            // The report is being retried and its copy is held, but it is one report.
            Assert.Contains("1 report is not getting through. It is for", home.Text);
            foreach (var link in home.Document.QuerySelectorAll("main a[href]"))
                Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync(link.GetAttribute("href")!)).Status);
            Assert.Contains(id, (await visitor.GetAsync("/admin/reports?state=retrying")).Body);
            Assert.Equal(
                "one", (await visitor.GetAsync("/admin/reports?council=one")).Document.QuerySelector("#council option[selected]")!.GetAttribute("value"));
            Assert.Contains("one (no council file)", (await visitor.GetAsync($"/admin/reports/{id}")).Text);
        }

        foreach (var delivery in await gateway.ListAsync<long>("SELECT id FROM delivery"))
            await own.SubmitAsync(
                $"/admin/reports/%23{delivery}", "form[action*=Cancel]", ("delivery", delivery.ToString(CultureInfo.InvariantCulture)),
                ("why", "they have left"));
        Assert.Equal([7, 7], await gateway.ListAsync<int>("SELECT state FROM delivery"));
        Assert.Contains("The council file one.json is missing or cannot be used", (await own.GetAsync("/admin")).Text);
        await own.SubmitAsync("/admin/councils/one/absent", "form", ("why", "they have left"));
        await PluginGateway.Testing.Eventually.TrueAsync(
            async () => (await own.GetAsync("/admin")).Text.Contains("Everything is working", StringComparison.Ordinal), "nothing needs attention");
    }

    [Fact]
    public async Task A_long_list_is_shown_in_pages()
    {
        await using var gateway = await HeldAsync();
        await gateway.Get<IDatabase>().WriteAsync(
            async db =>
            {
                for (var i = 10; i < 70; i++)
                    await db.ExecuteAsync(
                        "INSERT INTO route (council, service, backend, by_whom, at, reason) VALUES ('one', @service, 'no', 'op', 1, 'a test')",
                        new { service = $"S{i}" });
                return true;
            },
            default);
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Viewer);

        var first = await visitor.GetAsync("/admin/councils/one?c=1");
        Assert.Contains("S10", first.Body);
        Assert.DoesNotContain("S69", first.Body);
        var next = first.Document.QuerySelector("nav[aria-label*='send method'] a[rel=next]")!.GetAttribute("href")!;
        Assert.Equal("/admin/councils/one?c=1&o=2", next);
        var second = await visitor.GetAsync(next);
        Assert.DoesNotContain("S10", second.Body);
        Assert.Contains("S69", second.Body);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin/councils/one?o=9999&b=x&c=-1")).Status);
    }

    [Fact]
    public async Task A_pause_of_an_unknown_service_is_refused()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);

        var refused = await visitor.SubmitRefusedAsync("/admin/councils/one", "form#pause", ("service", "BNI"), ("why", "new bins"));
        Assert.Contains("One publishes no service with the code BNI.", refused.Text);
        Assert.Equal(["BNI", "new bins"], refused.Document.QuerySelectorAll("#pause [name=service], #pause [name=why]").Select(f => f.GetAttribute("value")));
        var done = await visitor.SubmitAsync("/admin/councils/one", "form#pause", ("service", "BIN"), ("why", "new bins"));
        Assert.Contains("Paused: all back ends, service BIN.", (await visitor.GetAsync(done.Location!.Split('#')[0])).Text);
    }

    [Fact]
    public async Task An_edit_of_an_outdated_revision_is_refused()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);
        var id = await gateway.ReadAsync<string>("SELECT own_id FROM report");
        var page = $"/admin/reports/{id}";
        var revision = ("revision", "1");
        await gateway.PostAsync("one", Some.Report("BIN", "ref", "Changed by the client"));

        var refused = await visitor.SubmitRefusedAsync(page, "form[action*=Edit]", revision, ("description", "Changed by the operator"), ("why", "a test"));

        Assert.Contains("The report has changed in the meantime. Check it", refused.Text);
        // The form contains the new content. The typed text is shown beside it and is not sent by submitting the form again.
        Assert.Equal("Changed by the client", refused.Document.QuerySelector("details[open] #description")!.TextContent.Trim());
        Assert.Equal("Changed by the operator", refused.Document.QuerySelector("details[open] pre")!.TextContent.Trim());

        refused = await visitor.SubmitRefusedAsync(page, "form[action*=Edit]", ("description", "Changed by the operator"), ("why", ""));
        Assert.Equal("Changed by the operator", refused.Document.QuerySelector("details[open] #description")!.TextContent.Trim());
        Assert.Equal(2, await gateway.ReadAsync<int>("SELECT revision FROM report"));
    }

    [Fact]
    public async Task A_refused_form_is_shown_once_and_never_repeated_by_a_reload()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Admin);

        var refused = await visitor.SubmitRefusedAsync("/admin/clients", "form[action*=Create]", ("client", "Ümit & \"Söhne\""), ("days", "0"), ("councils", "one"));

        var form = refused.Document.QuerySelector("form[action*=Create]")!;
        Assert.Equal(["Ümit & \"Söhne\"", "0"], form.QuerySelectorAll("#client, #days").Select(f => f.GetAttribute("value")));
        Assert.NotNull(form.QuerySelector("[value=one][checked]"));
        var reloaded = await visitor.GetAsync("/admin/clients");
        Assert.DoesNotContain("Ümit", reloaded.Body);
        Assert.DoesNotContain("Enter a client", reloaded.Text);
    }

    [Fact]
    public async Task A_refused_form_that_is_too_long_for_a_cookie_keeps_its_values()
    {
        await using var gateway = await HeldAsync();
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);
        var page = $"/admin/reports/{await gateway.ReadAsync<string>("SELECT own_id FROM report")}";
        var text = new string('é', ReportModel.MaxLengthToEdit);

        var refused = await visitor.SubmitAsync(page, "form[action*=Edit]", ("description", text), ("why", ""));

        Assert.Equal(HttpStatusCode.OK, refused.Status);
        Assert.Contains("Enter a reason.", refused.Text);
        Assert.Equal(text, refused.Document.QuerySelector("details[open] #description")!.TextContent.Trim());
        Assert.Equal("", (await visitor.GetAsync(page)).Document.QuerySelector("#why-edit")!.GetAttribute("value") ?? "");
    }

    [Fact]
    public async Task Pages_stay_small_with_large_amounts_of_data()
    {
        var much = new string('é', 3_900);
        var longOne = await world.Gateway.PostAsync("two", Some.Report("BIN", "long", new string('é', 30_000)));
        await world.Gateway.Get<IDatabase>().WriteAsync(
            async db =>
            {
                for (var i = 0; i < 60; i++)
                    await db.ExecuteAsync(
                        """
                        INSERT INTO audit (at, who, action, council, subject, before, after, why) VALUES (1, 'somebody', 'edit', 'one', 'x', @much, @much, @much)
                        """,
                        new { much });
                for (var i = 10; i < 130; i++)
                    await db.ExecuteAsync(
                        "INSERT INTO document_problem (document_id, number, row, problem) SELECT MIN(id), @i, @i, @much FROM document", new { i, much });
                await db.ExecuteAsync("UPDATE delivery SET state = 5, cause = @much", new { much });
                return await db.ExecuteAsync(
                    """
                    INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation) SELECT MIN(d.id), 1000 + a.id, 1, 0, 1, 2, 'no', @much, '', 1 FROM delivery d, audit a GROUP BY a.id
                    """,
                    new { much });
            },
            default);
        var visitor = await world.VisitorAsync(Role.Admin);

        foreach (var address in (string[])
        [
            "/admin", "/admin/audit", "/admin/councils/one", "/admin/reports?state=held", $"/admin/reports/{world.ReportId}",
            $"/admin/reports/{world.ReportId}?p=1", $"/admin/reports/{longOne.Id}",
            $"/admin/councils/one/documents/{await world.Gateway.ReadAsync<long>("SELECT MIN(id) FROM document")}",
        ])
        {
            var seen = await visitor.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, seen.Status);
            Assert.InRange(seen.Bytes, 1, 99_999);
            foreach (var link in seen.Document.QuerySelectorAll("main a[href^='/admin/reports?']"))
                Assert.InRange(link.GetAttribute("href")!.Length, 1, 4_000);
        }
    }

    [Fact]
    public async Task A_template_of_a_folder_is_previewed_and_tested_as_it_is_used()
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "email-templates")))
            folder.Write($"templates/{Path.GetFileName(file)}", await File.ReadAllTextAsync(file));
        folder.Write("templates/own/report-subject.sbn-txt", "Own subject");
        await using var gateway = new GatewayApp($"--Email:TemplatesPath={folder.At("templates")}").Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        await gateway.PostAsync("one", Some.Report());
        await gateway.MailsAsync(1);
        // The default also applies to a folder that has no text template.
        await gateway.Get<TemplateStore>().PublishAsync("report.sbn-txt", "The text for all", "op", default);
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);

        var page = await visitor.GetAsync("/admin/templates/edit?name=own/report.sbn-txt");
        Assert.Contains("Using the default template", page.Text);
        Assert.Equal("The text for all", page.Document.QuerySelector("#text")!.TextContent.Trim());
        Assert.Contains("Own subject", page.Document.QuerySelector("#preview-text")!.TextContent);
        await visitor.SubmitAsync("/admin/templates/edit?name=own/report.sbn-txt", "form[action*=Test]", ("to", "op@one.example"));

        var mail = Assert.Single(await gateway.MailsAsync(2), m => m.Contains("To: op@one.example", StringComparison.Ordinal));
        Assert.Contains("Subject: Test by", mail);
        Assert.Contains("Own subject", mail);
        Assert.Contains("The text for all", mail);
    }

    [Fact]
    public async Task A_draft_that_is_too_expensive_or_invalid_is_shown_with_its_errors_and_not_sent()
    {
        await using var gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        await gateway.PostAsync("one", Some.Report());
        await gateway.MailsAsync(1);
        var store = gateway.Get<TemplateStore>();
        await store.DraftAsync("report.sbn-txt", "{{ func f(x); if x > 18; ret 1; end; ret f(x + 1) + f(x + 1); end }}{{ f 1 }}", default);
        await store.DraftAsync("report.text.hbs", "Dear {{council}}, in the old syntax", default);
        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);

        var page = await visitor.GetAsync("/admin/templates/edit?name=report.sbn-txt");
        Assert.Contains("the template evaluates more than 200000 expressions", page.Text);
        Assert.Contains("Dear {{council}}, in the old syntax", page.Text);
        Assert.Contains("report.text.hbs: a draft", (await visitor.GetAsync("/admin/templates")).Text);
        await visitor.SubmitAsync("/admin/templates/edit?name=report.sbn-txt", "form[action*=Test]", ("to", "op@one.example"));
        Assert.Single(gateway.Mails());
    }

    /// <summary>Starts a gateway with a held report and a held copy of it.</summary>
    private static async Task<GatewayApp> HeldAsync()
    {
        var gateway = new GatewayApp().Council("one", """
            { "jurisdictionId": "one", "name": "One", "mode": "queued", "backends": { "no": { "adapter": "refuse", "settings": { "message": "No." } } }, "catalogue": [],
              "services": [ { "code": "BIN", "name": "Bin", "backend": "no" } ], "alsoSend": [ { "to": "copy@one.example" } ] }
            """);
        await gateway.StartAsync();
        await gateway.PostAsync("one", Some.Report("BIN", "ref"));
        await Eventually.TrueAsync(
            async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state IN (2, 5)") == 2, "both are sent or held");
        await gateway.Get<IDatabase>().WriteAsync(db => db.ExecuteAsync("UPDATE delivery SET state = 5, cause = 'a test' WHERE kind = 2"), default);
        return gateway;
    }
}
