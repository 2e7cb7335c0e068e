using System.Security.Cryptography;

namespace PluginGateway.Core.Reports;

/// <summary>
/// The gateway's own ids. A report's id is a number made here, not by the database: 41 bits of milliseconds, 14 bits that tell apart what
/// comes within one, and 8 zero bits. Revision <c>n</c> of the report, and the delivery that makes a case of it, have the number
/// <c>n - 1</c> higher. What clients see is <c>PG</c> and the number in 13 Crockford base-32 characters, readable over the telephone: it
/// leads to its revision without a table, and rows come in the order of their keys.
/// </summary>
internal static class ReportIds
{
    /// <summary>The most revisions a report can have.</summary>
    public const int MaxRevisions = 1 << RevisionBits;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 13;
    private const int RevisionBits = 8;
    private const int SequenceBits = 14;
    private const int TimeBits = 41;

    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static long _last;

    /// <summary>A new report's id: later ones are higher, and no two are the same in a process.</summary>
    public static long New(DateTimeOffset now)
    {
        var first = (long)(now - Epoch).TotalMilliseconds << SequenceBits;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            // A random start in each millisecond, for the sake of other processes; should two ever meet, the key of the row refuses the second.
            var next = last >= first ? last + 1 : first + RandomNumberGenerator.GetInt32(1 << (SequenceBits - 1));
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next << RevisionBits;
        }
    }

    /// <summary>Ids that are made at a time are not lower than this.</summary>
    public static long First(DateTimeOffset at) => Math.Clamp((long)(at - Epoch).TotalMilliseconds, 0, (1L << TimeBits) - 1) << (SequenceBits + RevisionBits);

    /// <summary>The id of a report's revision, and of the delivery that was made for it.</summary>
    public static long Case(long reportId, int revision) => reportId + revision - 1;

    /// <summary>The id of the last revision that a report can have.</summary>
    public static long LastCase(long reportId) => reportId + MaxRevisions - 1;

    /// <summary>The id as clients see it.</summary>
    public static string Text(long caseId) => string.Create(2 + Length, caseId, static (span, rest) =>
    {
        (span[0], span[1]) = ('P', 'G');
        for (var i = span.Length - 1; i >= 2; i--, rest >>= 5)
            span[i] = Alphabet[(int)(rest & 31)];
    });

    /// <summary>The revision that an id of ours stands for; 0 when it is not one of ours.</summary>
    public static long Read(string text)
    {
        if (text.Length != 2 + Length || !text.StartsWith("PG", StringComparison.Ordinal))
            return 0;

        var id = 0L;
        foreach (var letter in text.AsSpan(2))
        {
            var digit = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0 || id > long.MaxValue >> 5)
                return 0;
            id = (id << 5) | (uint)digit;
        }

        return id;
    }

    /// <summary>A token that cannot be guessed: 130 random bits.</summary>
    public static string NewToken() => RandomNumberGenerator.GetString(Alphabet, 26).ToLowerInvariant();
}
