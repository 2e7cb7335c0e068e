namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that need the machine, or this process's memory, for themselves: run one after the other when the rest is done.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
