namespace PluginGateway.PluginHosting.Staging;

/// <summary>A copy of a candidate's files, named by their content; nobody but the gateway writes there.</summary>
internal sealed record StagedFiles(string Folder, string Sha256);
