using Microsoft.AspNetCore.Http;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests what an operator sees when an answer of a council's system leaves open whether it has a report.</summary>
public sealed class UnclearAnswerPageTests
{
    [Fact]
    public async Task Stopped_lane_waiting_reports_and_the_answer_are_shown()
    {
        await using var council = await StubOpen311.StartAsync();
        council.BeforeAnswer = static async (http, _) =>
        {
            http.Response.Redirect("https://council.example/thanks");
            await http.Response.WriteAsync("<p>Thank you. Your number is 4711.</p>");
        };
        await using var gateway = new GatewayApp().Council("c", Some.Open311Council("c", council.Endpoint));
        Built.Drop("Open311", gateway.Plugins);
        await gateway.StartAsync();
        var held = (await gateway.PostAsync("c", Some.Report(reference: "1"))).Id;
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 1, "one is held");
        var waiting = (await gateway.PostAsync("c", Some.Report(reference: "2"))).Id;

        using var visitor = await Visitor.SignedInAsync(gateway, Role.Operator);
        var page = await visitor.GetAsync("/admin/councils/c");
        Assert.Contains("Sending stopped: unclear answer", page.Text, StringComparison.Ordinal);
        Assert.Contains("The council's system redirects calls to another address", page.Text, StringComparison.Ordinal);
        Assert.Contains("Sending stopped until the council file is edited or an operator resumes sending", page.Text, StringComparison.Ordinal);
        Assert.Contains(
            "after an unclear answer (The council's system redirects calls to another address).", (await visitor.GetAsync($"/admin/reports/{waiting}")).Text,
            StringComparison.Ordinal);
        var report = (await visitor.GetAsync($"/admin/reports/{held}")).Text;
        Assert.Contains("Check there first, then resend it or mark it as sent.", report, StringComparison.Ordinal);
        Assert.Contains("Your number is 4711.", report, StringComparison.Ordinal);
        Assert.Contains("outcome unknown", report, StringComparison.OrdinalIgnoreCase);
    }
}
