using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests mail over TLS with a log-in, from a separate process that trusts the server's certificate or does not.</summary>
public sealed class SmtpTlsTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly X509Certificate2 _certificate;
    private MailServer _smtp = null!;

    public SmtpTlsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _folder.Write("trusted.pem", _certificate.ExportCertificatePem());
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
    }

    public async ValueTask DisposeAsync()
    {
        await _smtp.DisposeAsync();
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Report_is_mailed_over_tls_with_login(bool isImplicitTls)
    {
        _smtp = new MailServer(_certificate, isImplicitTls, ("gateway", "open sesame"));

        var id = await ReportAsync(
            trusted: true, async (_, _) => await Eventually.TrueAsync(() => !_smtp.Received.IsEmpty, "the mail arrives"), "--Email:Smtp:Password=open sesame",
            $"--Email:Smtp:ImplicitTls={isImplicitTls}");

        Assert.Contains($"X-Report-Id: {id}\r\n", Assert.Single(_smtp.Received).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "wrong", true, "The mail server rejected the gateway's sign-in; check Email:Smtp:User and Email:Smtp:Password.")]
    [InlineData(false, "open sesame", false, "The mail server's certificate is not trusted.")]
    [InlineData(true, "open sesame", false, "The mail server's certificate is not trusted.")]
    public async Task Wrong_password_or_untrusted_certificate_sends_no_mail_and_suspends_the_lane(
        bool isImplicitTls, string password, bool trusted, string cause)
    {
        _smtp = new MailServer(_certificate, isImplicitTls, ("gateway", "open sesame"));

        await ReportAsync(trusted, SuspendsAsync(cause), $"--Email:Smtp:Password={password}", $"--Email:Smtp:ImplicitTls={isImplicitTls}");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task Server_without_starttls_gets_no_mail()
    {
        _smtp = new MailServer();

        await ReportAsync(
            trusted: true, SuspendsAsync("The mail server does not support the encryption or sign-in that the settings require."), "--Email:Smtp:User=");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task Refused_ehlo_name_suspends_the_lane_instead_of_failing_each_report()
    {
        _smtp = new MailServer();
        _smtp.RecipientReply = _ => _smtp.ClientName is "vm" ? "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname" : null;

        await ReportAsync(
            trusted: true,
            SuspendsAsync("The mail server rejected the gateway's host name (EHLO); set Email:Smtp:HeloName to its full host name."),
            "--Email:Smtp:User=", "--Email:Smtp:StartTls=false", "--Email:Smtp:HeloName=vm");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task Ehlo_name_can_be_configured()
    {
        _smtp = new MailServer();

        await ReportAsync(
            trusted: true, async (_, _) => await Eventually.TrueAsync(() => !_smtp.Received.IsEmpty, "the mail arrives"), "--Email:Smtp:User=",
            "--Email:Smtp:StartTls=false", "--Email:Smtp:HeloName=gateway.council.example");

        Assert.Equal("gateway.council.example", _smtp.ClientName);
    }

    private Func<GatewayProcess, string, Task> SuspendsAsync(string cause) => async (_, id) => await Eventually.TrueAsync(
        async () => (await GatewayProcess.RunAsync([.. Settings(), "queue", "show", id])).Output is var shown
            && shown.Contains(cause, StringComparison.Ordinal) && shown.Contains("sending stopped by the gateway", StringComparison.Ordinal),
        $"the attempt is recorded as: {cause}");

    private async Task<string> ReportAsync(bool trusted, Func<GatewayProcess, string, Task> wait, params string[] more)
    {
        var environment = trusted ? new Dictionary<string, string> { ["SSL_CERT_FILE"] = _folder.At("trusted.pem") } : [];
        await using var process = await GatewayProcess.StartAsync(environment, [.. Settings(), .. more]);
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent(
            Some.Report().Append(("jurisdiction_id", "mail")).Append(("api_key", key)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri(process.Address, "/open311/v2/requests.xml"), content);
        var answer = await HttpReply.ReadAsync(response);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await wait(process, answer.Id);
        return answer.Id;
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
        "--Email:Smtp:Host=localhost", $"--Email:Smtp:Port={_smtp.Port}", "--Email:Smtp:User=gateway", "--Sending:Poll=00:00:00.1",
    ];
}
