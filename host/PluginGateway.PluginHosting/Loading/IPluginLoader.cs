using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>Loads a plug-in's assemblies and creates its plug-in object.</summary>
internal interface IPluginLoader
{
    StageOutcome<LoadedPlugin> Load(PluginManifest manifest, string folder);
}
