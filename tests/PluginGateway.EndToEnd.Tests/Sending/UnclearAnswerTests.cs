using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// An endpoint that does not recognise repeats creates a case and answers with a redirect, as web forms do: one report needs an operator, and the
/// others wait.
/// </summary>
public sealed class UnclearAnswerTests : Open311CouncilTests
{
    [Fact]
    public async Task First_report_is_held_and_the_others_wait_until_an_operator_resumes()
    {
        var redirects = true;
        Council.BeforeAnswer = async (http, _) =>
        {
            if (!redirects)
                return;
            http.Response.Redirect("https://council.example/thanks");
            await http.Response.WriteAsync("<p>Thank you. Your number is 4711.</p>");
        };
        await StartAsync();

        var first = await Gateway.PostAsync("c", Some.Report(reference: "1"));
        await State(5);
        foreach (var reference in new[] { "2", "3", "4" })
            Assert.StartsWith("PG", (await Gateway.PostAsync("c", Some.Report(reference: reference))).Id, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.StartsWith("PG", first.Id, StringComparison.Ordinal);
        Assert.Equal(3, await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 0"));
        Assert.Equal(1, Council.Cases);
        Assert.Equal(
            "The council's system redirects calls to another address. The council's system may already have this report. Check there first, then resend it "
                + "or mark it as sent.",
            await Gateway.ReadAsync<string>("SELECT cause FROM delivery WHERE state = 5"));
        Assert.Contains("Your number is 4711.", await Gateway.ReadAsync<string>("SELECT detail FROM attempt WHERE number = 1"), StringComparison.Ordinal);

        redirects = false;
        await Gateway.Get<SuspensionStore>().ResumeAsync(new SuspensionScope("c", "open311", ""), new Resumption(true, 0), "op", "asked the council", default);
        await Eventually.TrueAsync(async () => await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 3, "three are sent");
        Assert.Equal(4, Council.Cases);
    }

    [Fact]
    public async Task Edited_council_file_resumes_sending()
    {
        Council.BeforeAnswer = (http, _) =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return http.Response.WriteAsync("<!DOCTYPE html><p>Not found</p>");
        };
        await StartAsync();
        await Gateway.PostAsync("c", Some.Report(reference: "1"));
        await State(5);
        await Gateway.PostAsync("c", Some.Report(reference: "2"));

        Council.BeforeAnswer = static (_, _) => Task.CompletedTask;
        Gateway.Council("c", Some.Open311Council("c", Council.Endpoint, "\"aliases\": [ \"d\" ],"));

        await Delivered();
        Assert.Equal(2, Council.Cases);
    }

    [Fact]
    public async Task List_question_without_values_accepts_any_text_and_check_warns()
    {
        Council.Pages["POTHOLE.xml"] = http => http.Response.WriteAsync(
            "<service_definition><service_code>POTHOLE</service_code><attributes><attribute><variable>true</variable><code>SIZE</code>"
                + "<datatype>singlevaluelist</datatype><required>true</required><order>1</order><values/></attribute></attributes></service_definition>");
        await StartAsync();

        Assert.Equal("CASE-1", (await Gateway.PostAsync("c", Some.Report("POTHOLE", "1", more: [("attribute[SIZE]", "anything")]))).Id);
        var (exitCode, output, _) = await GatewayProcess.RunAsync(
            "check", $"--State:Path={Gateway.State}", $"--Plugins:Path={Gateway.Plugins}", $"--Councils:Path={Path.GetDirectoryName(Gateway.Files().Single().Path)}");

        Assert.Equal(
            (0, "  warning: service POTHOLE, question SIZE: the list has no values, so any text is accepted as an answer"),
            (exitCode, output.Split('\n')[1]));
    }
}
