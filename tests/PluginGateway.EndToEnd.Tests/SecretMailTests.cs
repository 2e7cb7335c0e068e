using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Mail over TLS with a login, from the program as a process that trusts the server's certificate, or does not.</summary>
public sealed class SecretMailTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly X509Certificate2 _certificate;
    private MailServer _smtp = null!;

    public SecretMailTests()
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
    public async Task A_report_is_mailed_after_tls_and_login(bool isImplicitTls)
    {
        _smtp = new MailServer(_certificate, isImplicitTls, ("gateway", "open sesame"));

        var id = await ReportAsync(
            trusted: true, async (_, _) => await Eventually.TrueAsync(() => !_smtp.Received.IsEmpty, "the mail"), "--Email:Smtp:Password=open sesame",
            $"--Email:Smtp:ImplicitTls={isImplicitTls}");

        Assert.Contains($"X-Report-Id: {id}\r\n", Assert.Single(_smtp.Received).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "wrong", true, "The mail server does not let the gateway in.")]
    [InlineData(false, "open sesame", false, "The mail server's certificate is not trusted.")]
    [InlineData(true, "open sesame", false, "The mail server's certificate is not trusted.")]
    public async Task Without_the_right_password_or_a_trusted_certificate_no_mail_leaves_and_the_lane_is_closed(
        bool isImplicitTls, string password, bool trusted, string cause)
    {
        _smtp = new MailServer(_certificate, isImplicitTls, ("gateway", "open sesame"));

        await ReportAsync(trusted, ClosesAsync(cause), $"--Email:Smtp:Password={password}", $"--Email:Smtp:ImplicitTls={isImplicitTls}");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task A_server_that_does_not_offer_starttls_gets_no_mail()
    {
        _smtp = new MailServer();

        await ReportAsync(
            trusted: true, ClosesAsync("The mail server does not support the encryption or login that the settings require."), "--Email:Smtp:User=");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task A_server_that_refuses_the_gateways_name_is_one_trouble_and_not_one_of_every_report()
    {
        _smtp = new MailServer();
        _smtp.Recipient = _ => _smtp.Name is "vm" ? "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname" : null;

        await ReportAsync(
            trusted: true,
            ClosesAsync("The mail server does not accept the name that the gateway gives itself; set Email:Smtp:HeloName to its full host name."),
            "--Email:Smtp:User=", "--Email:Smtp:StartTls=false", "--Email:Smtp:HeloName=vm");

        Assert.Empty(_smtp.Received);
    }

    [Fact]
    public async Task The_name_in_ehlo_can_be_set()
    {
        _smtp = new MailServer();

        await ReportAsync(
            trusted: true, async (_, _) => await Eventually.TrueAsync(() => !_smtp.Received.IsEmpty, "the mail"), "--Email:Smtp:User=",
            "--Email:Smtp:StartTls=false", "--Email:Smtp:HeloName=gateway.council.example");

        Assert.Equal("gateway.council.example", _smtp.Name);
    }

    private Func<GatewayProcess, string, Task> ClosesAsync(string cause) => async (_, id) => await Eventually.TrueAsync(
        async () => (await GatewayProcess.RunAsync([.. Settings(), "queue", "show", id])).Output is var shown
            && shown.Contains(cause, StringComparison.Ordinal) && shown.Contains("closed by the gateway", StringComparison.Ordinal),
        $"the try is recorded as: {cause}");

    private async Task<string> ReportAsync(bool trusted, Func<GatewayProcess, string, Task> wait, params string[] more)
    {
        var environment = trusted ? new Dictionary<string, string> { ["SSL_CERT_FILE"] = _folder.At("trusted.pem") } : [];
        await using var process = await GatewayProcess.StartAsync(environment, [.. Settings(), .. more]);
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent(
            Some.Report().Append(("jurisdiction_id", "mail")).Append(("api_key", key)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri(process.Address, "/open311/v2/requests.xml"), content);
        var answer = await WireAnswer.ReadAsync(response);
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
