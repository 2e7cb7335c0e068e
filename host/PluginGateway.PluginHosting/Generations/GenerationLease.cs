using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// The right to call into one generation, or none. It spans the whole use: nothing of the plug-in (object, exception, stream, lazy
/// sequence) outlives it. A value, so that it costs no allocation: it is disposed exactly once, by whoever ends the use.
/// </summary>
internal readonly struct GenerationLease(PluginGeneration generation) : IDisposable
{
    public PluginGeneration? Generation { get; } = generation;

    [MemberNotNullWhen(true, nameof(Generation))]
    public bool IsHeld => Generation is not null;

    public void Dispose() => Generation?.Exit();
}
