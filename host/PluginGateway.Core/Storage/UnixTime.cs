namespace PluginGateway.Core.Storage;

/// <summary>Converts times to their form in the database: whole milliseconds since 1970 in UTC; 0 means never.</summary>
internal static class UnixTime
{
    public static long NowMs(this TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    public static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    public static long Ms(this TimeSpan span) => (long)span.TotalMilliseconds;
}
