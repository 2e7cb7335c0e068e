using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Allows its holder to call into one generation; it can also be empty. No object of the plug-in (exception, stream, lazy sequence or any other)
/// may be used after the lease ends. It is a struct to avoid an allocation and must be disposed exactly once.
/// </summary>
internal readonly struct GenerationLease(PluginGeneration generation) : IDisposable
{
    public PluginGeneration? Generation { get; } = generation;

    [MemberNotNullWhen(true, nameof(Generation))]
    public bool IsHeld => Generation is not null;

    public void Dispose() => Generation?.Exit();
}
