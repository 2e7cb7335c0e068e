using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PluginGateway.Testing;

/// <summary>
/// A council's Open311 endpoint on a real socket. It records every request, creates a case for each report, recognises repeated references
/// when configured to, and can simulate failures.
/// </summary>
internal sealed class StubOpen311 : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _byReference = new(StringComparer.Ordinal);
    private int _cases;

    private StubOpen311(WebApplication app) => _app = app;

    /// <summary>The endpoint with a trailing slash, as in council files.</summary>
    public string Endpoint => _app.Urls.First() + "/v2/";

    /// <summary>The forms that were posted to <c>requests.xml</c>.</summary>
    public ConcurrentQueue<IFormCollection> Posts { get; } = new();

    public ConcurrentQueue<string> Headers { get; } = new();

    public ConcurrentQueue<IFormCollection> Updates { get; } = new();

    /// <summary>The number of cases created.</summary>
    public int Cases => _cases;

    /// <summary>Whether a repeated reference returns the id of its first case.</summary>
    public bool RecognisesRepeats { get; set; }

    /// <summary>Called before the case of a report is created; may write the response.</summary>
    public Func<HttpContext, int, Task> BeforeCreate { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Called after the case is created and before the response is written.</summary>
    public Func<HttpContext, int, Task> BeforeAnswer { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Handlers of GET requests, by file name.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Pages { get; } = new(StringComparer.Ordinal)
    {
        ["services.xml"] = static http => http.Response.WriteAsync(
            "<services><service><service_code>BIN</service_code><service_name>Missed bin</service_name><metadata>false</metadata></service>" +
            "<service><service_code>POTHOLE</service_code><service_name>Pothole</service_name><metadata>true</metadata></service></services>"),
        ["POTHOLE.xml"] = static http => http.Response.WriteAsync(
            "<service_definition><service_code>POTHOLE</service_code><attributes><attribute><variable>true</variable><code>SIZE</code><datatype>string</datatype>" +
            "<required>true</required><order>1</order><description>How big?</description></attribute></attributes></service_definition>"),
    };

    public static async Task<StubOpen311> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stub = new StubOpen311(app);
        app.Run(stub.HandleAsync);
        await app.StartAsync();
        return stub;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        var file = http.Request.Path.Value!.Split('/')[^1];
        http.Response.ContentType = "text/xml; charset=utf-8";
        if (HttpMethods.IsPost(http.Request.Method) && file == "requests.xml")
            await CreateAsync(http);
        else if (HttpMethods.IsPost(http.Request.Method))
            await UpdateAsync(http);
        else if (Pages.TryGetValue(file, out var page))
            await page(http);
        else
            http.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task CreateAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var copy = new FormCollection(form.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal), form.Files);
        Posts.Enqueue(copy);
        Headers.Enqueue(string.Join('\n', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}")));
        var number = Posts.Count;
        await BeforeCreate(http, number);
        if (http.Response.HasStarted || http.Response.StatusCode != StatusCodes.Status200OK)
            return;

        var reference = form["attribute[fixmystreet_id]"].ToString();
        var id = RecognisesRepeats && reference.Length > 0
            ? _byReference.GetOrAdd(reference, _ => NewCase())
            : NewCase();
        await BeforeAnswer(http, number);
        if (!http.Response.HasStarted)
            await http.Response.WriteAsync($"<service_requests><request><service_request_id>{id}</service_request_id></request></service_requests>");
    }

    private async Task UpdateAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        Updates.Enqueue(new FormCollection(form.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal)));
        await http.Response.WriteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"<service_request_updates><request_update><update_id>U{Updates.Count}</update_id></request_update></service_request_updates>"));
    }

    private string NewCase() => string.Create(CultureInfo.InvariantCulture, $"CASE-{Interlocked.Increment(ref _cases)}");
}
