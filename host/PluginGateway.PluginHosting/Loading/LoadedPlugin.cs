using System.Runtime.Loader;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>A plug-in in memory. Its load context is null for an adapter that is part of the host.</summary>
internal sealed record LoadedPlugin(IAdapterPlugin Plugin, AdapterDescriptor Descriptor, AssemblyLoadContext? Context);
