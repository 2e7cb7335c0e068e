using PluginGateway.Core.Operating;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests mail through a real server: the effect of each of its replies on a report, that a repeat is recognisable, and that no recipient
/// gets a mail twice.
/// </summary>
public sealed class MailServerTests : IAsyncLifetime
{
    private readonly MailServer _smtp = new();
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync() =>
        _gateway = await new GatewayApp(
            "--Email:Smtp:Host=127.0.0.1", $"--Email:Smtp:Port={_smtp.Port}", "--Email:Smtp:StartTls=false", "--Sending:Retry:0=00:00:00.2")
            .Council("mail", Some.EmailCouncil("mail").Replace("highways@mail.example", "highways@mail.example, roads@mail.example", StringComparison.Ordinal))
            .StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _smtp.DisposeAsync();
    }

    [Fact]
    public async Task Report_is_mailed_once()
    {
        var id = (await _gateway.PostAsync("mail", Some.Report(reference: "1", more: ("email", "jo@example.org")))).Id;

        await State(2);
        var (mail, recipients) = Assert.Single(_smtp.Received);
        Assert.Equal(["highways@mail.example", "roads@mail.example"], recipients);
        Assert.Contains($"X-Report-Id: {id}\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Reply-To: jo@example.org\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Content-Transfer-Encoding: quoted-printable", mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("451 later")]
    [InlineData("452 4.3.1 insufficient system storage")]
    [InlineData(null)]
    public async Task Busy_or_disconnecting_server_is_retried_with_the_same_message_id(string? afterData)
    {
        _smtp.DataReply = afterData;
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(() => _smtp.Received.Count >= 2, "a second attempt");
        _smtp.DataReply = "250 accepted";

        await State(2);
        Assert.Single(_smtp.Received.Select(m => MessageId(m.Text)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Temporarily_refused_recipient_is_retried_alone()
    {
        _smtp.RecipientReply = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "450 4.2.0 greylisted" : null;
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 2, "a second attempt");
        Assert.Equal(
            "The mail server temporarily refused the e-mail for address 2 of 2.",
            await _gateway.ReadAsync<string>("SELECT cause FROM attempt WHERE number = (SELECT MAX(number) FROM attempt)"));

        _smtp.RecipientReply = static _ => null;

        await State(2);
        Assert.Equal([["highways@mail.example"], ["roads@mail.example"]], _smtp.Received.Select(m => m.Recipients));
        Assert.Single(_smtp.Received.Select(m => MessageId(m.Text)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Permanently_refused_recipient_holds_the_delivery_and_is_reported_by_position()
    {
        _smtp.RecipientReply = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 5.1.1 <roads@mail.example>: no such user" : null;

        var id = (await _gateway.PostAsync("mail", Some.Report())).Id;

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
        Assert.Equal("The mail server refused the e-mail for address 2 of 2.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
        var detail = await _gateway.ReadAsync<string>("SELECT detail FROM attempt");
        Assert.Contains("address 2 of 2: 550 5.1.1", detail, StringComparison.Ordinal);
        Assert.Contains("no such user", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("roads@", detail, StringComparison.Ordinal);

        // The council created the mailbox and an operator resends: only this recipient gets the mail.
        _smtp.RecipientReply = static _ => null;
        await _gateway.Get<ReportActions>().ResendAsync(id, evenIfDelivered: true, "op", "the mailbox is there", default);
        await State(2);
        Assert.Equal([["highways@mail.example"], ["roads@mail.example"]], _smtp.Received.Select(m => m.Recipients));
    }

    [Fact]
    public async Task Temporarily_refused_recipient_is_retried_before_the_delivery_is_held()
    {
        _smtp.RecipientReply = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 no such user" : "451 busy";
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 2, "a second attempt");

        _smtp.RecipientReply = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 no such user" : null;

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
    }

    [Theory]
    [InlineData("550 no such user")]
    [InlineData("554 5.7.1 rejected as spam")]
    public async Task Mail_refused_for_all_recipients_is_held(string answer)
    {
        _smtp.RecipientReply = _ => answer;

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Empty(_smtp.Received);
        Assert.Equal("The mail server refused the e-mail for addresses 1, 2 of 2.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
    }

    [Fact]
    public async Task Mail_with_refused_content_is_held()
    {
        _smtp.DataReply = "554 5.6.0 message refused";

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Equal("The mail server refused the e-mail.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
    }

    [Theory]
    [InlineData("451 4.3.0 later", "The mail server temporarily refused the e-mail.", false)]
    [InlineData("550 5.7.1 not from you", "The mail server refused the sender's address (Email:From).", true)]
    public async Task Refused_sender_does_not_count_as_refused_recipients(string answer, string cause, bool suspends)
    {
        _smtp.SenderReply = answer;

        await _gateway.PostAsync("mail", Some.Report());

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 1, "an attempt");
        Assert.Equal(cause, await _gateway.ReadAsync<string>("SELECT cause FROM attempt WHERE number = 1"));
        Assert.Equal(suspends ? 1 : 0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension"));
        _smtp.SenderReply = null;
        if (!suspends)
            await State(2);
    }

    [Fact]
    public async Task Refusal_counts_when_the_server_disconnects_afterwards()
    {
        (_smtp.DataReply, _smtp.Disconnects) = ("554 5.7.1 spam", true);

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Single(_smtp.Received);
        Assert.StartsWith("554 5.7.1 spam", await _gateway.ReadAsync<string>("SELECT detail FROM attempt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recipient_refusal_that_mentions_ehlo_does_not_suspend_the_lane()
    {
        _smtp.RecipientReply = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 5.1.1 <fehlow@bezirk.example>: EHLO or not, no such user" : null;

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension"));
    }

    [Fact]
    public async Task Report_that_cannot_be_rendered_is_held_and_others_are_sent()
    {
        // Each of these characters becomes six in HTML, which exceeds the limit of a mail.
        await _gateway.PostAsync("mail", Some.Report(reference: "1", description: new string('"', 60_000)));
        await State(5);
        Assert.Equal("The e-mail for this report cannot be created.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));

        await _gateway.PostAsync("mail", Some.Report(reference: "2", description: string.Concat(Enumerable.Repeat("line\n", 1_500))));
        await State(2);
    }

    [Fact]
    public async Task Ehlo_contains_a_fully_qualified_name_by_default()
    {
        await _gateway.PostAsync("mail", Some.Report());

        await State(2);
        Assert.Contains('.', _smtp.ClientName!);
    }

    private Task State(int state) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1,
            $"one delivery in state {state}");

    private static string MessageId(string mail) => mail.Split("\r\n").Single(l => l.StartsWith("Message-ID: ", StringComparison.OrdinalIgnoreCase));
}
