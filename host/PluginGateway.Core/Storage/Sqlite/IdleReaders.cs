namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>Connections that nobody reads with at the moment, each with what it has prepared. The one that came back last goes out first.</summary>
internal sealed class IdleReaders
{
    private const int Max = 16;

    private readonly Lock _lock = new();
    private readonly Stack<PreparingConnection> _idle = new(Max);
    private int _round;
    private bool _isClosed;

    /// <summary>Takes one; null when there is none, and one is to be opened.</summary>
    /// <param name="round">To be said when it is returned.</param>
    public PreparingConnection? Take(out int round)
    {
        lock (_lock)
        {
            round = _round;
            return _idle.TryPop(out var connection) ? connection : null;
        }
    }

    /// <returns>Whether it is kept; if not, it is the caller's to close.</returns>
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

    /// <summary>Closes all, those that are out when they come back.</summary>
    /// <param name="forGood">None is kept any more.</param>
    public void Close(bool forGood)
    {
        lock (_lock)
        {
            _round++;
            _isClosed |= forGood;
            foreach (var connection in _idle)
                connection.Dispose();
            _idle.Clear();
        }
    }
}
