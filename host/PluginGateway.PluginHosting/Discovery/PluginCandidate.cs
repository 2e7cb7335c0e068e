namespace PluginGateway.PluginHosting.Discovery;

/// <summary>A folder or a single DLL in the plug-ins folder that may be a plug-in.</summary>
internal sealed record PluginCandidate(string Path, bool IsFolder);
