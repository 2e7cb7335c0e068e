using PluginGateway.Core.Operating;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Mail through a real server: what each of its answers means for a report, that a repeat is recognisable, and that nobody gets a mail twice.
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
    public async Task A_report_is_taken_once()
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
    public async Task A_server_that_is_busy_or_hangs_up_is_tried_again_under_the_same_message_id(string? afterData)
    {
        _smtp.AfterData = afterData;
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(() => _smtp.Received.Count >= 2, "a second try");
        _smtp.AfterData = "250 taken";

        await State(2);
        Assert.Single(_smtp.Received.Select(m => MessageId(m.Text)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_address_that_is_refused_for_now_is_tried_again_and_the_others_do_not_get_it_twice()
    {
        _smtp.Recipient = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "450 4.2.0 greylisted" : null;
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 2, "a second try");
        Assert.Equal(
            "The mail server cannot take the mail for address 2 of 2 at the moment.",
            await _gateway.ReadAsync<string>("SELECT cause FROM attempt ORDER BY number DESC LIMIT 1"));

        _smtp.Recipient = static _ => null;

        await State(2);
        Assert.Equal([["highways@mail.example"], ["roads@mail.example"]], _smtp.Received.Select(m => m.Recipients));
        Assert.Single(_smtp.Received.Select(m => MessageId(m.Text)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_address_that_is_refused_for_good_makes_the_delivery_held_and_tells_the_position_and_not_the_address()
    {
        _smtp.Recipient = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 5.1.1 <roads@mail.example>: no such user" : null;

        var id = (await _gateway.PostAsync("mail", Some.Report())).Id;

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
        Assert.Equal("The mail server refused the mail for address 2 of 2.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
        var detail = await _gateway.ReadAsync<string>("SELECT detail FROM attempt");
        Assert.Contains("address 2 of 2: 550 5.1.1", detail, StringComparison.Ordinal);
        Assert.Contains("no such user", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("roads@", detail, StringComparison.Ordinal);

        // An operator has spoken with the council: the mailbox is there now, and only it gets the mail.
        _smtp.Recipient = static _ => null;
        await _gateway.Get<ReportActions>().ResendAsync(id, maybeThere: true, "op", "the mailbox is there", default);
        await State(2);
        Assert.Equal([["highways@mail.example"], ["roads@mail.example"]], _smtp.Received.Select(m => m.Recipients));
    }

    [Fact]
    public async Task Whoever_is_refused_for_now_is_tried_again_before_the_delivery_is_held_for_another()
    {
        _smtp.Recipient = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 no such user" : "451 busy";
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 2, "a second try");

        _smtp.Recipient = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 no such user" : null;

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
    }

    [Theory]
    [InlineData("550 no such user")]
    [InlineData("554 5.7.1 rejected as spam")]
    public async Task A_mail_that_is_refused_for_everybody_is_held_for_an_operator(string answer)
    {
        _smtp.Recipient = _ => answer;

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Empty(_smtp.Received);
        Assert.Equal("The mail server refused the mail for addresses 1, 2 of 2.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
    }

    [Fact]
    public async Task A_mail_whose_content_is_refused_is_held_for_an_operator()
    {
        _smtp.AfterData = "554 5.6.0 message refused";

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Equal("The mail server refused the mail.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));
    }

    [Theory]
    [InlineData("451 4.3.0 later", "The mail server cannot take the mail at the moment.", false)]
    [InlineData("550 5.7.1 not from you", "The mail server refused the sender's address (Email:From).", true)]
    public async Task A_refused_sender_is_no_refusal_of_the_addresses(string answer, string cause, bool closes)
    {
        _smtp.Sender = answer;

        await _gateway.PostAsync("mail", Some.Report());

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") >= 1, "a try");
        Assert.Equal(cause, await _gateway.ReadAsync<string>("SELECT cause FROM attempt WHERE number = 1"));
        Assert.Equal(closes ? 1 : 0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension"));
        _smtp.Sender = null;
        if (!closes)
            await State(2);
    }

    [Fact]
    public async Task A_server_that_refuses_the_message_and_hangs_up_has_refused_it()
    {
        (_smtp.AfterData, _smtp.HangsUp) = ("554 5.7.1 spam", true);

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Single(_smtp.Received);
        Assert.StartsWith("554 5.7.1 spam", await _gateway.ReadAsync<string>("SELECT detail FROM attempt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_whose_refusal_happens_to_look_like_one_of_the_name_holds_its_delivery_only()
    {
        _smtp.Recipient = r => r.StartsWith("roads@", StringComparison.Ordinal) ? "550 5.1.1 <fehlow@bezirk.example>: EHLO or not, no such user" : null;

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Equal(["highways@mail.example"], Assert.Single(_smtp.Received).Recipients);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension"));
    }

    [Fact]
    public async Task A_report_that_no_template_can_show_is_held_and_the_others_go_on()
    {
        // Each of these characters takes six in HTML: more than a mail may have.
        await _gateway.PostAsync("mail", Some.Report(reference: "1", description: new string('"', 60_000)));
        await State(5);
        Assert.Equal("The mail of this report cannot be written.", await _gateway.ReadAsync<string>("SELECT cause FROM delivery"));

        await _gateway.PostAsync("mail", Some.Report(reference: "2", description: string.Concat(Enumerable.Repeat("line\n", 1_500))));
        await State(2);
    }

    [Fact]
    public async Task The_gateway_gives_a_full_name_by_default()
    {
        await _gateway.PostAsync("mail", Some.Report());

        await State(2);
        Assert.Contains('.', _smtp.Name!);
    }

    private Task State(int state) =>
        Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1, $"state {state}");

    private static string MessageId(string mail) => mail.Split("\r\n").Single(l => l.StartsWith("Message-ID: ", StringComparison.OrdinalIgnoreCase));
}
