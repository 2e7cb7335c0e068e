using System.Globalization;
using Symology.Simulator;

// Stands in for a council's Symology while you try the gateway out: see the story in README.md.
var builder = WebApplication.CreateSlimBuilder(args);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://127.0.0.1:5312");
var app = builder.Build();
var service = new SymologyService(TimeProvider.System) { Login = ("gateway", builder.Configuration["Password"] ?? "simulator") };
app.MapSymology(service);
await app.StartAsync();
Console.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"Symology, simulated, at {app.Urls.First()}: cases, exports/highways.csv, POST cases/NUMBER/history?stage=…"));
await app.WaitForShutdownAsync();
