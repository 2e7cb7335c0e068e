using Microsoft.AspNetCore.Server.Kestrel.Core;
using PluginGateway.Admin;
using PluginGateway.Core;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates;
using PluginGateway.Host.Open311;
using PluginGateway.Host.Plugins;
using PluginGateway.Host.Telemetry;
using PluginGateway.PluginHosting.Admission;

namespace PluginGateway.Host;

/// <summary>Builds and runs the gateway.</summary>
internal static class Gateway
{
    /// <param name="settings">The settings on the command line.</param>
    /// <param name="change">Replaces services, for example the clock in tests.</param>
    public static WebApplication Build(IReadOnlyList<string> settings, Action<IServiceCollection>? change = null)
    {
        // Settings are read once: a file watcher would observe the whole folder, including every write to a database in it.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                // The framework's own switch for proxies believes every caller.
                Args = ["--hostBuilder:reloadConfigOnChange=false", "--FORWARDEDHEADERS_ENABLED=false", .. settings],
                ContentRootPath = AppContext.BaseDirectory,
                // Razor pages are found through this assembly, even if another process (a test) runs the gateway.
                ApplicationName = typeof(Gateway).Assembly.GetName().Name,
            });
        builder.Services.AddSingleton<DatabaseStartup>();
        builder.Services.AddHostedService<GatewayStartup>();
        builder.Services.AddGateway(settings);
        builder.Services.AddAdmin(builder.Configuration);
        builder.Services.LimitRepeatedEvents();
        change?.Invoke(builder.Services);
        builder.Listen();

        var app = builder.Build();
        app.UseRequestIds();
        app.UseConnectionLimit();
        app.UseKnownProxies();
        app.UseOpen311();
        app.UseAdmin();
        // Called explicitly: otherwise, the router would be added before all other middleware and process every call.
        app.UseRouting();
        app.MapDocuments();
        app.MapHealth();
        return app;
    }

    /// <summary>Runs the gateway until it is stopped.</summary>
    /// <returns>The exit code: 1 if the gateway cannot start because of an error that an operator must fix.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> settings)
    {
        _ = StartupWarmUp.RunAsync();
        try
        {
            return await RunAsync(Build(settings));
        }
        catch (InvalidDataException e)
        {
            await Console.Error.WriteLineAsync($"The gateway cannot start: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> RunAsync(WebApplication app)
    {
        await using var gateway = app;
        var stopping = gateway.Lifetime.ApplicationStopping;
        try
        {
            await gateway.StartAsync();
            await gateway.WaitForShutdownAsync();
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The gateway was stopped during startup. Stop the services that have already started.
            await gateway.StopAsync();
            return 0;
        }
    }

    /// <summary>Adds all services except the web server. Commands use them too.</summary>
    /// <param name="services">The services.</param>
    /// <param name="settings">The settings on the command line.</param>
    public static IServiceCollection AddGateway(this IServiceCollection services, IReadOnlyList<string> settings) => services.AddCore().AddOpen311()
        .AddAccounts().AddSingleton(new StartArguments(settings)).AddSingleton<IPluginTrial, PluginTrial>();

    public static void Listen(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Twice the limit of the Open311 endpoint, so that the endpoint can refuse a longer request line in the requested format.
            kestrel.Limits.MaxRequestLineSize = 128 << 10;
            // Bodies that arrive slowly on purpose do not occupy the gateway for long.
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 10 << 10, gracePeriod: TimeSpan.FromSeconds(10));
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                var connections = endpoint.ApplicationServices.GetRequiredService<ConnectionLimit>();
                endpoint.Use(next => connection => connections.HandleAsync(connection, next));
            });
        });

        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null
            && !configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(PublicUrl.Default);
    }
}
