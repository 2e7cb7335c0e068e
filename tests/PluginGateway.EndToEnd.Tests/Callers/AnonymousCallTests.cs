using System.Text;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests every address with every method and kind of body, without a key: nothing fails, and the log has at most one line for each call.</summary>
public sealed class AnonymousCallTests : IAsyncLifetime
{
    private static readonly string[] Addresses =
    [
        "/", "/nothing", "/open311", "/open311/discovery.xml", "/open311/discovery.json", "/open311/v2/services.xml?jurisdiction_id=one",
        "/open311/v2/services.json?jurisdiction_id=nobody", "/open311/one/v2/services/BIN.xml", "/open311/one/v2/services/NONE.json",
        "/open311/one/v2/requests.xml", "/open311/one/v2/requests.json?service_request_id=1,2", "/open311/one/v2/requests/77.xml",
        "/open311/one/v2/requests/PG0000000000001.json", "/open311/one/v2/tokens/x.xml", "/open311/one/v2/update_tokens/x.xml",
        "/open311/one/v2/servicerequestupdates.xml", "/open311/one/v2/media/x", "/open311/one/v2/nothing.xml", "/open311/one/key/x/v2/requests.xml",
        "/open311/one/key//v2/requests.xml", "/open311/%00/v2/requests.xml", "/open311/v2/requests.xml?%ff=%ff&a=%", "/documents/one/email",
        "/documents/nobody/none", "/documents/one/email?name=%0d%0a", "/health/live", "/health/ready", "/health/nothing", "/metrics", "/admin/nothing",
        "/admin/site.css", "/admin/../open311",
    ];

    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LONGMETHODNAME"];

    private static readonly (string Type, string Body)[] Bodies =
    [
        ("", ""), ("", "x"), ("application/x-www-form-urlencoded", "a=1&service_code=BIN"), ("application/x-www-form-urlencoded; charset=utf-7", "a=+AGE-"),
        ("application/x-www-form-urlencoded; charset=utf-16", "a\01\0"), ("application/x-www-form-urlencoded; charset=x-none", "a=1"),
        ("application/x-www-form-urlencoded; charset=windows-1252", "a=%80"), ("application/x-www-form-urlencoded", "%=%&=&&_charset_=none"),
        ("application/x-www-form-urlencoded", string.Concat(Enumerable.Repeat("a=1&", 2_000))),
        ("application/x-www-form-urlencoded", new string('k', 10_000) + "=1"), ("application/x-www-form-urlencoded", "k=" + new string('v', 100_000)),
        ("multipart/form-data", "x"), ("multipart/form-data; boundary=", "x"), ("multipart/form-data; boundary=\"a b\"", "--a b\r\n\r\n"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: nonsense\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\0/../x\"\r\nContent-Type: \"\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-16\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b; charset=utf-7", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"),
        ("text/xml; charset=none", "<a>"), ("application/json", "{"), ("nonsense", "x"), (";;;=", "x"), ("application/octet-stream", "\0\u0001"),
    ];

    private static readonly string[] Headers =
    [
        "Accept: */*;q=x", "Accept-Language: \u0001", "Cookie: pgw-session=x; __Host-pgw-session=%; =;", "Authorization: Bearer", "Authorization: Bearer \u00ff",
        "Authorization: Basic !", "X-Api-Key: ,,,", "If-None-Match: x\"", "If-Modified-Since: never", "Range: bytes=9-1", "Expect: nonsense",
        "X-Forwarded-For: nonsense, ,1", "Sec-Fetch-Site: nonsense", "Idempotency-Key: \u00ff", "Content-Encoding: gzip", "Upgrade: h2c", "Origin: null",
    ];

    private readonly GatewayApp _gateway = new("--Logging:LogLevel:Default=Information");
    private readonly CollectingProvider _log = new();
    private readonly List<string> _failures = [];

    public async ValueTask InitializeAsync() => await _gateway.Change(services => services.AddSingleton<ILoggerProvider>(_log))
        .Council("one", Some.EmailCouncil("one")).StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task No_anonymous_call_fails_or_fills_the_log()
    {
        var pages = _gateway.Get<IActionDescriptorCollectionProvider>().ActionDescriptors.Items.OfType<PageActionDescriptor>()
            .Select(p => "/" + p.AttributeRouteInfo!.Template!.Replace("{", "%7B", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal).ToList();
        Assert.InRange(pages.Count, 10, 100);

        var calls = 0;
        foreach (var address in Addresses.Concat(pages))
        {
            foreach (var method in Methods)
                await CallAsync(method, address, "", "");
            foreach (var (type, body) in Bodies)
                await CallAsync("POST", address, type.Length == 0 ? "" : $"Content-Type: {type}\n", body);
            foreach (var header in Headers)
                await CallAsync("GET", address, header + "\n", "");
            calls += Methods.Length + Bodies.Length + Headers.Length;
        }

        Assert.InRange(calls, 1_000, 10_000);
        Assert.True(_failures.Count == 0, string.Join("\n\n", _failures));
    }

    private async Task CallAsync(string method, string address, string headers, string body)
    {
        _log.Lines.Clear();
        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, $"{method} {address} HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n{headers}", Encoding.Latin1.GetBytes(body));

        var lines = _log.Lines.ToList();
        if (status >= 500 || answer.Contains("   at ", StringComparison.Ordinal) || lines.Count > 1
            || lines.Any(l => l.Contains("Exception", StringComparison.Ordinal) || l.StartsWith("Error", StringComparison.Ordinal)))
            _failures.Add($"{method} {address} {headers}{body}: {status}, {string.Join('\n', lines)}");
    }
}
