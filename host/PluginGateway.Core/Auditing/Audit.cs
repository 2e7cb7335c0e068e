using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Auditing;

/// <summary>Who changed what, when and why. Written in the transaction of the change, never changed after.</summary>
internal static class Audit
{
    public static Task AddAsync(DbSession db, long at, string who, string action, string council, string subject, string before, string after, string why) =>
        db.ExecuteAsync(
            """
            INSERT INTO audit (at, who, action, council, subject, before, after, why) VALUES (@at, @who, @action, @council, @subject, @before, @after, @why)
            """,
            new { at, who, action, council, subject, before = StoredText.Clip(before), after = StoredText.Clip(after), why = StoredText.Clip(why) });
}
