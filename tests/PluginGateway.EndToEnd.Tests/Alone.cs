namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// The collection of tests that need the machine, or this process's memory, exclusively. They run one after the other, after all other
/// tests.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
