namespace PluginGateway.Core.Storage;

/// <summary>
/// The states of a delivery as literals for SQL statements. They are not parameters, because a filtered index is used only if the statement
/// repeats the index's condition literally.
/// </summary>
internal static class States
{
    public const string Pending = "0";
    public const string Sending = "1";
    public const string Sent = "2";
    public const string Retrying = "3";
    public const string Unknown = "4";
    public const string Held = "5";
    public const string Failed = "6";
    public const string Cancelled = "7";
}

/// <summary>The kinds of deliveries, as literals for SQL statements.</summary>
internal static class Kinds
{
    public const string Report = "1";
    public const string Copy = "2";
    public const string Update = "3";
    public const string FollowUp = "4";
}

/// <summary>The holds of a delivery, as literals for SQL statements.</summary>
internal static class Holds
{
    public const string None = "0";
    public const string Paused = "1";
    public const string WaitsForEarlier = "2";
}

/// <summary>What a client's reference belongs to, as literals for SQL statements.</summary>
internal static class ReferenceKinds
{
    public const string Report = "1";
    public const string Update = "2";
}
