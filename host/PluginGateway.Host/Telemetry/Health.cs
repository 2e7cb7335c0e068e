using System.Data.Common;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Telemetry;

internal static class Health
{
    /// <summary>Adds the request id to every response. The log contains the same id.</summary>
    public static void UseRequestIds(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
        return next(http);
    });

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", static () => TypedResults.Text("live"));
        app.MapGet("/health/ready", ReadyAsync);
    }

    /// <summary>
    /// Responds whether the gateway is ready: the database can be read and written, and councils are loaded. A council whose system is unavailable does not
    /// make it unready.
    /// </summary>
    private static async Task ReadyAsync(HttpContext http)
    {
        var services = http.RequestServices;
        var problem = await FindDatabaseProblemAsync(services.GetRequiredService<IDatabase>(), http.RequestAborted) is { } found ? found
            : services.GetRequiredService<ClusterMembership>().DatabaseProblem is not null ? "the database cannot be written to"
            : services.GetRequiredService<CouncilDirectory>().Current.Councils.Count == 0 ? "no council is live" : null;
        http.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(problem ?? Ready(services), http.RequestAborted);
    }

    /// <summary>Whether the database can be read.</summary>
    public static async Task<bool> AnswersAsync(IDatabase database, CancellationToken ct) => await FindDatabaseProblemAsync(database, ct) is null;

    /// <summary>Returns why the database cannot be read, without its address; null if it can.</summary>
    private static async Task<string?> FindDatabaseProblemAsync(IDatabase database, CancellationToken ct)
    {
        try
        {
            return await database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM migration"), ct) > 0 ? null : "the database is empty";
        }
        catch (DatabaseUnreachableException)
        {
            return "the database cannot be reached";
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is DbException)
        {
            return "the database does not answer";
        }
    }

    /// <summary>
    /// Describes the state of a gateway that is ready. Problems with council files, plug-ins or templates, and files that differ between hosts, are reported as
    /// degraded, because the gateway still serves.
    /// </summary>
    private static string Ready(IServiceProvider services)
    {
        var problems = services.GetRequiredService<PluginStatuses>().All.Select(s => s.State)
            .Where(s => s is PluginState.Refused or PluginState.Quarantined or PluginState.Abandoned or PluginState.Leaked)
            .CountBy(s => s).OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key.ToString().ToLowerInvariant()}").ToList();
        var degraded = new List<string>();
        if (problems.Count > 0)
            degraded.Add($"plug-ins: {string.Join(", ", problems)}");
        var councils = services.GetRequiredService<CouncilDirectory>().Current;
        var catalog = services.GetRequiredService<PluginCatalog>();
        degraded.AddRange(
            councils.Councils.SelectMany(c => c.BackEnds.Values).Where(b => catalog.Find(b.Adapter) is null).GroupBy(b => b.Adapter, StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => $"no plug-in serves adapter {g.Key} of {string.Join(", ", g.Select(b => b.Council).Distinct(StringComparer.Ordinal))}"));
        degraded.AddRange(councils.Problems);
        degraded.AddRange(services.GetRequiredService<MailTemplates>().Problems.Select(p => (p with { ByWhom = "" }).ToString()));
        degraded.AddRange(services.GetRequiredService<ClusterMembership>().Differences());
        return degraded.Count == 0 ? "ready" : $"ready, degraded: {string.Join("; ", degraded)}";
    }
}
