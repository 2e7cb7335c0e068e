namespace PluginGateway.PluginHosting.Staging;

/// <summary>A copy of a candidate's files in a folder that only the gateway writes to, with the hash of their content.</summary>
internal sealed record StagedFiles(string Folder, string Sha256);
