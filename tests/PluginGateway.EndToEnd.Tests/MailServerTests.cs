using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Mail through a server: what each of its answers means for a report, and that a repeat is recognisable.</summary>
public sealed class MailServerTests : IAsyncLifetime
{
    private readonly StubSmtp _smtp = new();
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync() =>
        _gateway = await new GatewayApp("--Email:Smtp:Host=127.0.0.1", $"--Email:Smtp:Port={_smtp.Port}", "--Email:Smtp:StartTls=false", "--Sending:Retry:0=00:00:00.2")
            .Council("mail", Some.EmailCouncil("mail").Replace("highways@mail.example", "highways@mail.example, roads@mail.example", StringComparison.Ordinal))
            .StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _smtp.Dispose();
    }

    [Fact]
    public async Task A_report_is_taken_once()
    {
        var id = (await _gateway.PostAsync("mail", Some.Report(reference: "1", more: ("email", "jo@example.org")))).Id;

        await State(2);
        var mail = Assert.Single(_smtp.Taken);
        Assert.Contains($"X-Report-Id: {id}\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Reply-To: jo@example.org\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Content-Transfer-Encoding: quoted-printable", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_busy_is_tried_again_under_the_same_message_id()
    {
        _smtp.AfterData = "451 later";
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(() => _smtp.Taken.Count >= 2, "a second try");
        _smtp.AfterData = "250 taken";

        await State(2);
        Assert.Single(_smtp.Taken.Select(MessageId).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_server_that_hangs_up_after_the_message_is_tried_again_under_the_same_message_id()
    {
        _smtp.AfterData = null;
        await _gateway.PostAsync("mail", Some.Report());
        await Eventually.TrueAsync(() => _smtp.Taken.Count >= 2, "a second try");
        _smtp.AfterData = "250 taken";

        await State(2);
        Assert.Single(_smtp.Taken.Select(MessageId).Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("550 no such user")]
    [InlineData("450 try later")]
    public async Task One_address_that_is_refused_does_not_make_the_others_get_it_twice(string answer)
    {
        _smtp.Recipient = r => r.Contains("roads@", StringComparison.Ordinal) ? answer : null;

        await _gateway.PostAsync("mail", Some.Report());

        await State(2);
        Assert.Single(_smtp.Taken);
        Assert.Contains("but not for 1 of 2 addresses", await _gateway.ReadAsync<string>("SELECT detail FROM attempt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_is_refused_is_held_for_an_operator()
    {
        _smtp.Recipient = static _ => "550 no such user";

        await _gateway.PostAsync("mail", Some.Report());

        await State(5);
        Assert.Empty(_smtp.Taken);
    }

    private Task State(int state) =>
        Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1, $"state {state}");

    private static string MessageId(string mail) => mail.Split("\r\n").Single(l => l.StartsWith("Message-ID: ", StringComparison.OrdinalIgnoreCase));
}
