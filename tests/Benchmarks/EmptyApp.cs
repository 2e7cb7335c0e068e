namespace PluginGateway.Benchmarks;

/// <summary>The output of <c>dotnet new web</c>: the minimal ASP.NET Core program.</summary>
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
