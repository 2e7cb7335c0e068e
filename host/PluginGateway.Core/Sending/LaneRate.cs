namespace PluginGateway.Core.Sending;

/// <summary>How many calls a minute a lane may make: spread evenly, with at most a second's worth saved up. Used by the lane's own loop only.</summary>
internal sealed class LaneRate
{
    private double _saved = 1;
    private DateTimeOffset _at;

    /// <summary>How many calls may be made now.</summary>
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
