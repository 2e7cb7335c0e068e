namespace PluginGateway.Admin.Queries;

/// <summary>Entries of the audit as a table; each leads to a page of its own, where it stands in full.</summary>
internal sealed record AuditTable(string Title, IReadOnlyList<AuditRow> Rows, Func<long, Timestamp> When);
