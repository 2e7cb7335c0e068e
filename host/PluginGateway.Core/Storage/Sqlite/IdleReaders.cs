namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// The pool of idle connections for reading, with their prepared statements. The connection that was returned last is reused first.
/// </summary>
internal sealed class IdleReaders
{
    private const int Max = 16;

    private readonly Lock _lock = new();
    private readonly Stack<PreparingConnection> _idle = new(Max);
    private int _round;
    private bool _isClosed;

    /// <summary>Takes a connection; returns null if none is idle and the caller must open one.</summary>
    /// <param name="round">The current round, which the caller passes to <see cref="Return"/>.</param>
    public PreparingConnection? Take(out int round)
    {
        lock (_lock)
        {
            round = _round;
            return _idle.TryPop(out var connection) ? connection : null;
        }
    }

    /// <returns>Whether the connection is kept; if not, the caller must close it.</returns>
    public bool Return(PreparingConnection connection, int round)
    {
        lock (_lock)
        {
            if (_isClosed || round != _round || _idle.Count == Max)
                return false;
            _idle.Push(connection);
            return true;
        }
    }

    /// <summary>Closes all idle connections. Connections that are in use are not kept when they are returned.</summary>
    /// <param name="permanently">Whether no connection is kept from now on.</param>
    public void Close(bool permanently)
    {
        lock (_lock)
        {
            _round++;
            _isClosed |= permanently;
            foreach (var connection in _idle)
                connection.Dispose();
            _idle.Clear();
        }
    }
}
