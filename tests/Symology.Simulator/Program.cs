using System.Globalization;
using Symology.Simulator;

// Simulates a council's Symology system for trying out the gateway: see the walk-through in host/PluginGateway.Host/council-files/README.md.
var builder = WebApplication.CreateSlimBuilder(args);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://127.0.0.1:5312");
var app = builder.Build();
var service = new SymologyService(TimeProvider.System) { Login = ("gateway", builder.Configuration["Password"] ?? "simulator") };
app.MapSymology(service);
await app.StartAsync();
Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"Symology simulator listening on {app.Urls.First()}. Try /cases, /exports/highways.csv, POST /cases/NUMBER/history?stage=…"));
await app.WaitForShutdownAsync();
