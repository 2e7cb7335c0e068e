using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;
using PluginGateway.Host.Telemetry;

namespace PluginGateway.Host;

/// <summary>
/// Listens at the gateway's address while the database is unavailable at startup, or while the start takes long, for example during an upgrade. It
/// responds to every call with 503 in the requested format, so that clients retry and load balancers use another host. It stops when the gateway can use
/// the database.
/// </summary>
internal static class StartupUnavailableServer
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs an action that needs the database. While the database is unavailable, the action is retried. Until it succeeds, this server responds to all calls.
    /// </summary>
    public static async Task UntilAsync(Func<Task> start, IConfiguration configuration, TimeProvider time, ILogger log, CancellationToken ct)
    {
        WebApplication? server = null;
        try
        {
            while (true)
            {
                try
                {
                    var running = start();
                    if (server is null && await Task.WhenAny(running, Task.Delay(SlowAfter, time, ct)) != running && !ct.IsCancellationRequested)
                        server = await TryOpenAsync(configuration, log, ct);
                    await running;
                    return;
                }
                catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) && DatabaseErrors.IsTransient(e))
                {
                    log.WaitsForDatabase(DatabaseErrors.Describe(e));
                }

                server ??= await OpenAsync(configuration, ct);
                await Task.Delay(RetryInterval, time, ct);
            }
        }
        finally
        {
            if (server is not null)
                await server.DisposeAsync();
        }
    }

    /// <summary>Returns null if the address is still in use: the gateway that used it may be about to stop.</summary>
    private static async Task<WebApplication?> TryOpenAsync(IConfiguration configuration, ILogger log, CancellationToken ct)
    {
        try
        {
            return await OpenAsync(configuration, ct);
        }
        catch (IOException e)
        {
            log.CannotAnswerYet(e.Message.TrimEnd('.'));
            return null;
        }
    }

    private static async Task<WebApplication> OpenAsync(IConfiguration configuration, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.ClearProviders();
        builder.Services.AddClients();
        builder.Listen();
        var server = builder.Build();
        server.UseRequestIds();
        server.Run(async http =>
        {
            if (http.Request.Path == "/health/live")
            {
                await http.Response.WriteAsync("live");
                return;
            }

            var target = Open311Target.Parse(http.Request.Path);
            if (target.Resource == Open311Resource.Unknown)
            {
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                http.Response.Headers.RetryAfter = "10";
                await http.Response.WriteAsync("the gateway is starting");
                return;
            }

            await ResponseSender.SendAsync(http, target, Open311Response.Unavailable(RetryAfter), new Open311Options());
        });
        await server.StartAsync(ct);
        return server;
    }
}

internal static partial class WaitingLog
{
    [LoggerMessage(101, LogLevel.Warning, "The gateway cannot start yet: {Problem}. It retries every two seconds.")]
    public static partial void WaitsForDatabase(this ILogger log, string problem);

    [LoggerMessage(102, LogLevel.Warning, "The gateway cannot answer calls while it starts: {Problem}.")]
    public static partial void CannotAnswerYet(this ILogger log, string problem);
}
