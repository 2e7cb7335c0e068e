using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>
/// For a write that reads how a report stands and then decides. The first thing such a write does, so that no other host changes the report
/// or its deliveries before the decision is stored.
/// </summary>
internal static class ReportLock
{
    public static Task TakeAsync(DbSession db, long reportId) => db.Dialect.LockReport is { } statement
        ? db.ExecuteAsync(statement, new { reportId, last = OwnIds.LastCase(reportId) })
        : Task.CompletedTask;
}
