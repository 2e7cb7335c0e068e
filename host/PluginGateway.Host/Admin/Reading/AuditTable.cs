namespace PluginGateway.Host.Admin.Reading;

/// <summary>Entries of the audit as a table.</summary>
internal sealed record AuditTable(string Title, IReadOnlyList<AuditRow> Rows, Func<long, When> When);
