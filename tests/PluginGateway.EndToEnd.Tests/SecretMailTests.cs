using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Mail over STARTTLS with a login, from the program as a process that trusts the server's certificate, or does not.</summary>
public sealed class SecretMailTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StubSmtp _smtp = new() { Login = ("gateway", "open sesame") };

    public SecretMailTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _smtp.Certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _folder.Write("trusted.pem", _smtp.Certificate.ExportCertificatePem());
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
    }

    public void Dispose()
    {
        _smtp.Certificate?.Dispose();
        _smtp.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_report_is_mailed_after_starttls_and_login()
    {
        var id = await ReportAsync("open sesame", trusted: true, async (_, _) => await Eventually.TrueAsync(() => !_smtp.Taken.IsEmpty, "the mail"));

        Assert.Contains($"X-Report-Id: {id}\r\n", Assert.Single(_smtp.Taken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong", true, "The mail server does not let the gateway in.")]
    [InlineData("open sesame", false, "The mail server's certificate is not trusted.")]
    public async Task Without_the_right_password_or_a_trusted_certificate_no_mail_leaves_and_the_lane_is_closed(string password, bool trusted, string cause)
    {
        await ReportAsync(password, trusted, async (_, id) => await Eventually.TrueAsync(
            async () => (await GatewayProcess.RunAsync([.. Settings(password), "queue", "show", id])).Output is var shown
                && shown.Contains(cause, StringComparison.Ordinal) && shown.Contains("closed by the gateway", StringComparison.Ordinal),
            $"the try is recorded as: {cause}"));

        Assert.Empty(_smtp.Taken);
    }

    private async Task<string> ReportAsync(string password, bool trusted, Func<GatewayProcess, string, Task> wait)
    {
        var environment = trusted ? new Dictionary<string, string> { ["SSL_CERT_FILE"] = _folder.At("trusted.pem") } : [];
        await using var process = await GatewayProcess.StartAsync(environment, Settings(password));
        var key = (await GatewayProcess.RunAsync([.. Settings(password), "key", "create", "--client", "a test"])).Output.Trim();
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent(
            Some.Report().Append(("jurisdiction_id", "mail")).Append(("api_key", key)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri(process.Address, "/open311/v2/requests.xml"), content);
        var answer = await WireAnswer.ReadAsync(response);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await wait(process, answer.Id);
        return answer.Id;
    }

    private string[] Settings(string password) =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
        "--Email:Smtp:Host=localhost", $"--Email:Smtp:Port={_smtp.Port}", "--Email:Smtp:User=gateway", $"--Email:Smtp:Password={password}", "--Sending:Poll=00:00:00.1",
    ];
}
