using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// Ends the statements of a read when it is cancelled, for example because the client has left. The driver does not do that. A statement that begins just
/// after the cancellation would not notice one interrupt, so they are repeated until the read has ended.
/// </summary>
internal sealed class ReadInterruption : IDisposable
{
    private static readonly TimeSpan Repeat = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly CancellationTokenRegistration _registration;
    private Timer? _timer;
    private bool _hasEnded;

    public ReadInterruption(SqliteConnection connection, CancellationToken ct)
    {
        _connection = connection;
        _registration = ct.UnsafeRegister(static self => ((ReadInterruption)self!).Begin(), this);
    }

    /// <summary>Stops interrupting. Afterwards, the connection can be used for another read.</summary>
    public void Dispose()
    {
        _registration.Dispose();
        lock (_lock)
        {
            _hasEnded = true;
            _timer?.Dispose();
        }
    }

    private void Begin()
    {
        Interrupt();
        lock (_lock)
            if (!_hasEnded)
                _timer = new Timer(static self => ((ReadInterruption)self!).Interrupt(), this, Repeat, Repeat);
    }

    private void Interrupt()
    {
        lock (_lock)
            if (!_hasEnded)
                raw.sqlite3_interrupt(_connection.Handle);
    }
}
