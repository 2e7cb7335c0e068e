using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that fails every read and write while <see cref="Fault"/> is set.</summary>
internal sealed class FaultyDatabase(IDatabase inner) : ForwardingDatabase(inner)
{
    private volatile Func<Exception>? _fault;

    /// <summary>Creates the exception to throw; null while the database works.</summary>
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
