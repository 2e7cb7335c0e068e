using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Auditing;

/// <summary>
/// Writes the audit log: who changed what, when and why. An entry is added in the transaction of the change and never changes afterwards.
/// </summary>
internal static class Audit
{
    public static Task AddAsync(DbSession db, long at, string who, string action, string council, string subject, string before, string after, string why) =>
        db.ExecuteAsync(
            """
            INSERT INTO audit (at, who, action, council, subject, before, after, why) VALUES (@at, @who, @action, @council, @subject, @before, @after, @why)
            """,
            new
            {
                at,
                who,
                action,
                council,
                subject,
                before = StoredText.Truncate(before),
                after = StoredText.Truncate(after),
                why = StoredText.Truncate(why),
            });
}
