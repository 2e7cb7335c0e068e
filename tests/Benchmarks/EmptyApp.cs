namespace PluginGateway.Benchmarks;

/// <summary>What <c>dotnet new web</c> gives: the least that an ASP.NET Core program needs to start.</summary>
internal static class EmptyApp
{
    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.MapGet("/", () => "Hello World!");
        await app.RunAsync(url);
    }
}
