namespace PluginGateway.Admin.Queries;

/// <summary>A table of audit entries; each links to a page with the complete entry.</summary>
internal sealed record AuditTable(string Title, IReadOnlyList<AuditRow> Rows, Func<long, Timestamp> When);
