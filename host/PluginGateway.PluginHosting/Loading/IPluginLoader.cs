using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>The seam behind which plug-in assemblies become objects; another loader is one class.</summary>
internal interface IPluginLoader
{
    StageOutcome<LoadedPlugin> Load(PluginManifest manifest, string folder);
}
