namespace PluginGateway.Core.Storage;

/// <summary>Selects the database that contains the gateway's state.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The name of the connection string, under <c>ConnectionStrings</c>.</summary>
    public const string ConnectionString = "Gateway";

    /// <summary>The kind of database: a file in the state folder, or a server that several hosts share.</summary>
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;
}

internal enum StorageProvider
{
    Sqlite,
    SqlServer,
}
