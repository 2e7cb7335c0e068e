using System.Security.Cryptography;

namespace PluginGateway.Host.Sending;

/// <summary>
/// The gateway's own ids: <c>PG</c> and 13 Crockford base-32 characters, readable over the telephone. 46 bits of time, in steps of 32 µs and
/// never the same twice in a process, then 19 random bits for other processes: ids come in the order of their reports, so that their index
/// grows at its end.
/// </summary>
internal static class OwnIds
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 13;
    private const long TicksPerStep = 320;
    private const int RandomBits = 19;

    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static long _last;

    public static string New(DateTimeOffset now)
    {
        var value = ((UInt128)(ulong)Step(now) << RandomBits) | (uint)RandomNumberGenerator.GetInt32(1 << RandomBits);
        return string.Create(2 + Length, value, static (span, rest) =>
        {
            (span[0], span[1]) = ('P', 'G');
            for (var i = span.Length - 1; i >= 2; i--, rest >>= 5)
                span[i] = Alphabet[(int)(rest & 31)];
        });
    }

    /// <summary>A token that cannot be guessed: 130 random bits.</summary>
    public static string NewToken() => RandomNumberGenerator.GetString(Alphabet, 26).ToLowerInvariant();

    private static long Step(DateTimeOffset now)
    {
        var step = (now - Epoch).Ticks / TicksPerStep;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(step, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }
}
