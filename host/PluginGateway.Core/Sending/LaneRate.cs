namespace PluginGateway.Core.Sending;

/// <summary>
/// Limits the calls per minute of a lane. The calls are spread evenly; the unused calls of at most one second are saved. Only the lane's loop uses it.
/// </summary>
internal sealed class LaneRate
{
    private double _saved = 1;
    private DateTimeOffset _at;

    /// <summary>Returns how many calls may be made now.</summary>
    public int Left(int? perMinute, DateTimeOffset now)
    {
        if (perMinute is not { } rate)
            return int.MaxValue;

        var passed = _at == default ? TimeSpan.Zero : now - _at;
        _saved = Math.Min(Math.Max(1, rate / 60.0), _saved + (rate * Math.Max(0, passed.TotalMinutes)));
        _at = now;
        return (int)_saved;
    }

    public void Take(int calls) => _saved -= _at == default ? 0 : calls;
}
