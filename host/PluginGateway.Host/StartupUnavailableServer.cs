using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;
using PluginGateway.Host.Telemetry;

namespace PluginGateway.Host;

/// <summary>
/// Stands at the gateway's address while its database cannot be reached at start: says 503 to everybody, in the format they asked for, so that
/// clients come back and whoever balances loads looks elsewhere. Then it makes room.
/// </summary>
internal static class StartupUnavailableServer
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Does what needs the database; as long as that is in trouble, again and again, with this in the gateway's place.</summary>
    public static async Task UntilAsync(Func<Task> start, IConfiguration configuration, TimeProvider time, ILogger log, CancellationToken ct)
    {
        WebApplication? waiting = null;
        try
        {
            while (true)
            {
                try
                {
                    await start();
                    return;
                }
                catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) && DatabaseErrors.IsTransient(e))
                {
                    log.WaitsForDatabase(DatabaseErrors.Describe(e));
                }

                waiting ??= await OpenAsync(configuration, ct);
                await Task.Delay(Again, time, ct);
            }
        }
        finally
        {
            if (waiting is not null)
                await waiting.DisposeAsync();
        }
    }

    private static async Task<WebApplication> OpenAsync(IConfiguration configuration, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.ClearProviders();
        builder.Listen();
        var room = builder.Build();
        room.UseRequestIds();
        room.Run(async http =>
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
                await http.Response.WriteAsync("the database does not answer");
                return;
            }

            await ResponseSender.SendAsync(http, target, Open311Response.Unavailable(RetryAfter), new Open311Options());
        });
        await room.StartAsync(ct);
        return room;
    }
}

internal static partial class WaitingLog
{
    [LoggerMessage(101, LogLevel.Warning, "The gateway cannot start yet: {Why}. It looks again every two seconds.")]
    public static partial void WaitsForDatabase(this ILogger log, string why);
}
