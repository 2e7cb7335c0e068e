using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Symology.Simulator;

namespace PluginGateway.Testing;

/// <summary>The Symology simulator on a real socket, which can be switched off and on, with the Bexley council file that points to it.</summary>
internal sealed class SimulatedCouncil : IAsyncDisposable
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly int _port;
    private WebApplication? _app;

    private SimulatedCouncil(TimeProvider time)
    {
        Service = new SymologyService(time) { Login = ("gateway", "simulator") };
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public SymologyService Service { get; }

    /// <summary>Files that are served beside the web service, by name.</summary>
    public Dictionary<string, Func<Microsoft.AspNetCore.Http.HttpContext, Task>> Files { get; } = new(StringComparer.Ordinal);

    public static async Task<SimulatedCouncil> StartAsync(TimeProvider? time = null, bool on = true)
    {
        var council = new SimulatedCouncil(time ?? TimeProvider.System);
        if (on)
            await council.SwitchOnAsync();
        return council;
    }

    public async Task SwitchOnAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{_port}");
        _app = builder.Build();
        _app.Use(next => http => Files.TryGetValue(http.Request.Path.Value!, out var file) ? file(http) : next(http));
        _app.UseRouting();
        _app.MapSymology(Service);
        await _app.StartAsync();
    }

    /// <summary>Returns the Bexley file from the sources after an edit.</summary>
    public string File(Action<JsonNode>? edit = null)
    {
        var text = System.IO.File.ReadAllText(Path.Combine(Built.Root, "host", "PluginGateway.Host", "council-files", "bexley", "bexley.json"))
            .Replace("http://127.0.0.1:5312", $"http://127.0.0.1:{_port}", StringComparison.Ordinal);
        var json = JsonNode.Parse(text, documentOptions: Lenient)!;
        edit?.Invoke(json);
        return json.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is null)
            return;
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
