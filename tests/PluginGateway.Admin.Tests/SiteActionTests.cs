using System.Net;
using System.Security.Cryptography;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests an admin's actions in a browser: templates, plug-ins, keys and accounts, and their audit log.</summary>
public sealed class SiteActionTests(OperatorWorld world) : IClassFixture<OperatorWorld>
{
    [Fact]
    public async Task A_template_is_edited_previewed_published_and_undone()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await SendByMailAsync();
        await world.ReportAsync("template", state: 2, "With a <b>bold</b> word");
        var browser = world.Browser.Go("/admin/templates").Click("report.sbn-txt");
        Assert.Contains("With a <b>bold</b> word", browser.TextOf("#preview-text"));
        Assert.Empty(browser.Violations());

        browser.Type("text", "Dear desk,\n{{ if adress }}\n{{ descriptoin }}\n{{ end }}").Press("Preview");
        Assert.Contains("line 3, column 4: unknown name descriptoin; did you mean description?", browser.Text);
        Assert.Contains("line 2, column 7: unknown name adress; did you mean address?", browser.Text);
        Assert.Empty(browser.Violations());
        browser.Press("Publish");
        Assert.Contains("Not published: line 2, column 7", browser.Text);
        Assert.Contains("A report for", await MailAsync("not-yet", "Before the change"));

        browser.Go("/admin/templates/edit?name=report.sbn-txt").Type("text", "Dear desk,\n\n{{ description }}\n").Press("Publish");
        Assert.Contains("Published.", browser.Text);
        var mail = await MailAsync("changed", "After the change");
        Assert.Contains("Dear desk,", mail);
        Assert.DoesNotContain("A report for London", mail.Split("text/html")[0]);

        browser.Press("Undo last change");
        Assert.DoesNotContain("Dear desk,", await MailAsync("undone", "As it was"));
        Assert.Contains("template-edit", browser.Go("/admin/audit?of=template report.sbn-txt").Text);
        await SendBySymologyAsync();
    }

    [Fact]
    public async Task The_html_preview_runs_no_scripts()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await world.ReportAsync("frame", state: 2, "Framed");
        world.Browser.Go("/admin/templates/edit?name=report.sbn-html");
        var template = world.Browser.ValueOf("text");

        world.Browser.Type(
            "text", template.Replace(
                "</body>", "<script>top.document.title = 'taken'; document.body.innerHTML = 'taken'</script></body>", StringComparison.Ordinal))
                    .Press("Preview");

        Assert.Contains("Framed", world.Browser.TextInFrame("iframe"));
        Assert.DoesNotContain("taken", world.Browser.TextInFrame("iframe"));
        Assert.StartsWith("Template report.sbn-html", world.Browser.Title);
        using var visitor = await Visitor.SignedInAsync(world.Gateway, Role.Operator);
        var frame = await visitor.GetAsync("/admin/templates/frame?name=report.sbn-html");
        Assert.Equal(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox",
            frame.Headers["Content-Security-Policy"]);
        // Removes the draft, so that the next test starts with the published template.
        world.Browser.Type("text", template).Press("Publish");
        world.Browser.Press("Undo last change");
    }

    [Fact]
    public async Task A_test_e_mail_is_sent_to_the_operator_without_personal_data()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await world.ReportAsync("tested", state: 2, "To be tested");

        world.Browser.Go("/admin/templates/edit?name=report-subject.sbn-txt").Type("to", "ada@gateway.example").Press("Send test");

        Assert.Contains("The test e-mail was sent to ada@gateway.example (", world.Browser.Text);
        var mail = Assert.Single(world.Gateway.Mails(), m => m.Contains("To: ada@gateway.example", StringComparison.Ordinal));
        Assert.Contains("Subject: Test by ada: New report: Damaged kerb", mail);
        Assert.DoesNotContain("jo@example.org", mail);

        // A test uses the draft.
        var template = world.Browser.ValueOf("text");
        world.Browser.Type("text", $"A draft. {template}").Press("Preview").Type("to", "bob@gateway.example").Press("Send test");
        Assert.Contains(
            "Subject: Test by ada: A draft. New report: Damaged kerb",
            Assert.Single(world.Gateway.Mails(), m => m.Contains("To: bob@gateway.example", StringComparison.Ordinal)));
        world.Browser.Type("text", template).Press("Publish").Press("Undo last change");
    }

    [Fact]
    public async Task A_plug_in_is_rolled_back_and_its_quarantine_is_lifted()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await DropAsync("1");
        await DropAsync("2");

        world.Browser.Go("/admin/plug-ins").Type("Reason", "wrong team", "rollback-one").Press("Roll back to the previous version", "rollback-one");
        Assert.Contains("one: rolled back from 2 (", world.Browser.Text);
        await ServesAsync("1");

        world.Browser.Go("/admin/plug-ins").Type("Reason", "fixed").Press("Lift quarantine");
        Assert.Contains("may be loaded again", world.Browser.Text);
        await ServesAsync("2");
        Assert.Contains("symology", world.Browser.TextOf("[aria-label=Calls]"));
        Assert.Empty(world.Browser.Violations());
    }

    [Fact]
    public async Task A_key_is_created_shown_once_used_and_revoked()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        world.Browser.Go("/admin/clients").Type("client", "FixMyStreet").Tick("bexley").Press("Create key");
        var key = world.Browser.TextOf("#new-key");
        Assert.Empty(world.Browser.Violations());

        Assert.Equal(HttpStatusCode.OK, (await world.Gateway.PostAsync("bexley", [.. Some.Report("KERB", "by-key"), ("api_key", key)])).Status);
        Assert.DoesNotContain(key, world.Browser.Go("/admin/clients").Text);
        Assert.DoesNotContain(key, world.Browser.Go("/admin/audit").Text);

        world.Browser.Go("/admin/clients").Type("client", "FixMyStreet").Tick("bexley").Press("Create key");
        world.Browser.Go("/admin/clients").Type("client", "FixMyStreet").Tick("bexley").Press("Create key");
        Assert.Contains("already has 2 active keys for the same councils and scopes", world.Browser.Text);
        var id = await world.Gateway.ReadAsync<long>("SELECT MIN(k.id) FROM api_key k JOIN client c ON c.id = k.client_id WHERE c.name = 'FixMyStreet'");
        world.Browser.PressAndConfirm($"Revoke key {id} of FixMyStreet");

        await Eventually.TrueAsync(
            async () => (await world.Gateway.PostAsync(
                "bexley", [.. Some.Report("KERB", "by-ended-key"), ("api_key", key)])).Status == HttpStatusCode.Forbidden, "the key is refused");
    }

    [Fact]
    public async Task An_account_is_created_for_one_council_and_disabled_with_audit_entries()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        world.Browser.Go("/admin/accounts").Type("name", "Rita").Type("password", Visitor.Password).Choose("role", "Operator").Tick("bexley")
            .Press("Create account");
        Assert.Contains("Account rita created: operator, for bexley.", world.Browser.Text);
        using var rita = new Visitor(world.Gateway.Address);
        Assert.Equal("/admin", (await rita.SignInAsync("rita", Visitor.Password)).Location);
        Assert.Equal(HttpStatusCode.OK, (await rita.GetAsync("/admin/councils/bexley")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rita.GetAsync("/admin/accounts")).Status);

        world.Browser.Click("rita").Tick("Disabled").Type("why", "left us").Press("Save");

        Assert.Equal(HttpStatusCode.Redirect, (await rita.GetAsync("/admin")).Status);
        Assert.Contains("Wrong name or password", await rita.FailToSignInAsync("rita", Visitor.Password));
        Assert.Contains(
            "account-change account rita operator, for bexley operator, for bexley, shut left us",
            world.Browser.Go("/admin/audit").Type("Subject", "account rita").Press("Filter").Text);
    }

    [Fact]
    public async Task The_first_account_is_created_with_the_link_and_its_password_is_changed()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await using var gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await gateway.Get<IDatabase>()
            .WriteAsync(db =>
                db.ExecuteAsync(
                    "INSERT INTO set_up_link (token_key, expires) VALUES (@key, @expires)", new { key = Sessions.KeyOf(token), expires = long.MaxValue }),
                    default);
        using var browser = Browser.Open(gateway);

        Assert.Empty(browser.Go($"/admin/set-up/{token}").Violations());
        browser.Type("name", "first").Type("password", Visitor.Password).Press("Create account and sign in");
        Assert.Equal("/admin", browser.Address);
        Assert.Contains("Everything is working", browser.Text);
        browser.Go("/admin/me").Type("now", Visitor.Password).Type("password", "another long password").Press("Change password");
        Assert.Contains("Password changed.", browser.Text);
        browser.Press("Sign out").Type("name", "first").Type("password", "another long password").Press("Sign in");
        Assert.Equal("/admin", browser.Address);
        Assert.Empty(browser.Violations());
    }

    private async Task SendByMailAsync()
    {
        var council = world.Gateway.Get<PluginGateway.Core.Catalogues.CouncilDirectory>().Current.Find("bexley")!;
        await world.Gateway.Get<PluginGateway.Core.Operating.RouteActions>()
            .SetAsync(council, "", council.BackEnds["email"], anyService: true, "a test", "by mail", default);
    }

    private async Task SendBySymologyAsync()
    {
        var council = world.Gateway.Get<PluginGateway.Core.Catalogues.CouncilDirectory>().Current.Find("bexley")!;
        await world.Gateway.Get<PluginGateway.Core.Operating.RouteActions>()
            .SetAsync(council, "", council.BackEnds["symology"], anyService: false, "a test", "back", default);
    }

    /// <summary>Sends a report and returns its e-mail.</summary>
    private async Task<string> MailAsync(string reference, string description)
    {
        var id = await world.ReportAsync(reference, state: 2, description);
        return Assert.Single(world.Mails(), m => m.Contains($"X-Report-Id: {id}", StringComparison.Ordinal));
    }

    private async Task DropAsync(string version)
    {
        var source = PluginForge.Plugin(
            "one",
            "public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) => Task.FromResult(new Submission { "
                + "BackEndId = Guid.NewGuid().ToString() });",
            "IRequestSender").Replace("1.2.3+build.7", version, StringComparison.Ordinal);
        PluginForge.Compile(Path.Combine(world.Gateway.Plugins, "one", "One.dll"), source);
        await ServesAsync(version);
    }

    private async Task ServesAsync(string version)
    {
        await Eventually.TrueAsync(() => world.Gateway.Get<PluginCatalog>().Find("one")?.Version == version, $"version {version} serves");
        await Eventually.TrueAsync(
            async () => await world.Gateway.ReadAsync<long>(
                $"SELECT COUNT(*) FROM plugin_generation WHERE adapter = 'one' AND version = '{version}' AND state IN (4, 5)") == 1,
            "its generation is stored");
    }
}
