using System.Net;
using System.Text;
using System.Xml.Linq;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Adapters.Toolkit.Soap;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class SoapTests
{
    private const string Envelope11 = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>";
    private const string Envelope12 = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Header/><s:Body>";
    private const string End = "</s:Body></s:Envelope>";

    private static readonly byte[] Call = SoapEnvelope.Write(SoapVersion.Soap11, [], w => w.WriteElementString("Ask", "urn:x", "1"));

    [Theory]
    [InlineData(SoapVersion.Soap11, "text/xml; charset=utf-8", "\"urn:x/Ask\"")]
    [InlineData(SoapVersion.Soap12, "application/soap+xml; charset=utf-8; action=\"urn:x/Ask\"", null)]
    public async Task Action_is_sent_in_the_header_of_the_version(SoapVersion version, string type, string? action)
    {
        var http = new AnsweringHandler((HttpStatusCode.OK, "text/xml", Envelope11 + "<Answer xmlns='urn:y'>2</Answer>" + End));

        var answer = await Client(http, version).ReadAsync("urn:x/Ask", Call, default);

        Assert.Equal(("Answer", "2"), (answer.Name.LocalName, answer.Value));
        Assert.Equal((type, action), (http.ContentType, http.SoapAction));
    }

    [Theory]
    [InlineData(Envelope11 + "<s:Fault><faultcode>s:Client</faultcode><faultstring>Bad</faultstring></s:Fault>" + End, true)]
    [InlineData(Envelope11 + "<s:Fault><faultcode>s:Server</faultcode><faultstring>Bad</faultstring></s:Fault>" + End, false)]
    [InlineData(Envelope12 + "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>Bad</s:Text></s:Reason></s:Fault>"
        + End, true)]
    [InlineData(Envelope12 + "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>Bad</s:Text></s:Reason></s:Fault>"
        + End, false)]
    public async Task Faults_are_read_in_both_versions(string body, bool ofCaller)
    {
        var http = new AnsweringHandler((HttpStatusCode.InternalServerError, "text/xml", body));

        var read = await Assert.ThrowsAsync<AdapterException>(() => Client(http).ReadAsync("a", Call, default));
        var change = await Assert.ThrowsAsync<AdapterException>(() => Client(http).ChangeAsync("a", Call, default));

        Assert.Equal(FailureKind.Transient, read.Kind);
        Assert.Equal(ofCaller ? FailureKind.Transient : FailureKind.OutcomeUnknown, change.Kind);
        Assert.Contains("Bad", change.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "<html/>", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    [InlineData(200, "", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    [InlineData(200, "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    [InlineData(503, "", FailureKind.Transient, FailureKind.Transient)]
    [InlineData(504, "", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    [InlineData(401, "", FailureKind.Misconfigured, FailureKind.Misconfigured)]
    [InlineData(302, "", FailureKind.Misconfigured, FailureKind.OutcomeUnknown)]
    [InlineData(500, "", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    [InlineData(404, "<html/>", FailureKind.Transient, FailureKind.OutcomeUnknown)]
    public async Task Responses_without_soap_are_classified(int status, string body, FailureKind reading, FailureKind changing)
    {
        var http = new AnsweringHandler(((HttpStatusCode)status, "text/html", body));

        Assert.Equal(reading, (await Assert.ThrowsAsync<AdapterException>(() => Client(http).ReadAsync("a", Call, default))).Kind);
        Assert.Equal(changing, (await Assert.ThrowsAsync<AdapterException>(() => Client(http).ChangeAsync("a", Call, default))).Kind);
    }

    [Fact]
    public void Username_token_follows_the_profile()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
        var digest = Token(new UsernameToken("me", "secret", digest: true, clock));
        var plain = Token(new UsernameToken("me", "secret", digest: false, clock));

        var (nonce, created) = (Value(digest, "Nonce"), Value(digest, "Created"));
        Assert.Equal("2026-11-23T10:00:00.000Z", created);
#pragma warning disable CA5350 // The profile requires SHA-1.
        Assert.Equal(
            Convert.ToBase64String(
                System.Security.Cryptography.SHA1.HashData([.. Convert.FromBase64String(nonce), .. Encoding.UTF8.GetBytes(created + "secret")])),
                Value(digest, "Password"));
#pragma warning restore CA5350
        Assert.Equal(("me", "secret"), (Value(plain, "Username"), Value(plain, "Password")));
        Assert.NotEqual(nonce, Value(Token(new UsernameToken("me", "secret", digest: true, clock)), "Nonce"));
    }

    private static XElement Token(UsernameToken token) =>
        XDocument.Parse(Encoding.UTF8.GetString(SoapEnvelope.Write(SoapVersion.Soap12, [], w => w.WriteElementString("Ask", ""), token))).Descendants()
            .First(e => e.Name.LocalName == "UsernameToken");

    private static string Value(XElement token, string name) => token.Elements().Single(e => e.Name.LocalName == name).Value;

    private static SoapClient Client(AnsweringHandler http, SoapVersion version = SoapVersion.Soap11) =>
        new(new HttpClient(http), new Uri("http://back-end.example/"), version, TimeProvider.System);
}
