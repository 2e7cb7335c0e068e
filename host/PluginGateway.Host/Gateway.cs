using PluginGateway.Admin;
using PluginGateway.Core;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates;
using PluginGateway.Host.Open311;
using PluginGateway.Host.Telemetry;

namespace PluginGateway.Host;

/// <summary>Puts the gateway together, in the order a report travels.</summary>
internal static class Gateway
{
    /// <summary>Builds the gateway.</summary>
    /// <param name="settings">Settings of the command line.</param>
    /// <param name="change">Puts other services in place of the usual ones: another clock.</param>
    public static WebApplication Build(IReadOnlyList<string> settings, Action<IServiceCollection>? change = null)
    {
        // Settings are read once. Watching their files would watch the whole folder, and be told of every write to a database below it.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                Args = ["--hostBuilder:reloadConfigOnChange=false", .. settings],
                ContentRootPath = AppContext.BaseDirectory,
                // Where pages are looked for, whichever process this is.
                ApplicationName = typeof(Gateway).Assembly.GetName().Name,
            });
        builder.Services.AddHostedService<GatewayStartup>();
        builder.Services.AddGateway();
        builder.Services.AddAdmin();
        change?.Invoke(builder.Services);
        builder.Listen();

        var app = builder.Build();
        app.UseRequestIds();
        app.UseOpen311();
        app.UseAdmin();
        // Only now: left to itself, the router would look at every call first.
        app.UseRouting();
        app.MapDocuments();
        app.MapHealth();
        return app;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The exit code: 1 when it could not start because of something that a person has to put right.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> settings)
    {
        _ = StartupWarmUp.RunAsync();
        await using var gateway = Build(settings);
        var stopping = gateway.Lifetime.ApplicationStopping;
        try
        {
            await gateway.StartAsync();
            await gateway.WaitForShutdownAsync();
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was stopped while it was still starting. What has begun already ends in order.
            await gateway.StopAsync();
            return 0;
        }
        catch (InvalidDataException e)
        {
            await Console.Error.WriteLineAsync($"The gateway cannot start: {e.Message}");
            return 1;
        }
    }

    /// <summary>Everything but the web server: what commands need too.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services) => services.AddCore().AddOpen311().AddAccounts();

    public static void Listen(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Twice what the Open311 endpoint reads, so that it can refuse a longer one in the asked format.
            kestrel.Limits.MaxRequestLineSize = 128 << 10;
            kestrel.Limits.MaxRequestBodySize = FormParser.MaxBytes + (1 << 20);
        });

        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null
            && !configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(PublicUrl.Default);
    }
}
