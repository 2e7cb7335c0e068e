using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database of which every use fails, for as long as the test says.</summary>
internal sealed class FaultyDatabase(IDatabase inner) : PassingDatabase(inner)
{
    private volatile Func<Exception>? _fault;

    /// <summary>Makes what every use fails with; null for a database that works.</summary>
    public Func<Exception>? Fault
    {
        get => _fault;
        set => _fault = value;
    }

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        _fault is { } fault ? throw fault() : Inner.ReadAsync(work, ct);

    public override Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        _fault is { } fault ? throw fault() : Inner.WriteAsync(work, ct);
}
