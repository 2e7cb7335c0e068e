using System.Security.Cryptography;

namespace PluginGateway.Core.Reports;

/// <summary>
/// Creates and parses the gateway's own ids. A report's id is a number that is created here, not by the database: 41 bits of milliseconds,
/// 14 bits that distinguish the reports of a millisecond, and 8 zero bits. Revision <c>n</c> of the report, and the delivery that sends the
/// revision, have this number plus <c>n - 1</c>. Clients see <c>PG</c> followed by the number in 13 Crockford base-32 characters, which can be read
/// out over the telephone. An id leads to its revision without a table, and rows are inserted in the order of their keys.
/// </summary>
internal static class ReportIds
{
    public const int MaxRevisions = 1 << RevisionBits;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 13;
    private const int RevisionBits = 8;
    private const int SequenceBits = 14;
    private const int TimeBits = 41;

    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static long _last;

    /// <summary>Creates the id of a new report. Later ids are higher, and ids are unique within a process.</summary>
    public static long New(DateTimeOffset now)
    {
        var first = (long)(now - Epoch).TotalMilliseconds << SequenceBits;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            // Each millisecond starts at a random number, so that the ids of different processes rarely collide. If they do, the primary
            // key rejects the second row.
            var next = last >= first ? last + 1 : first + RandomNumberGenerator.GetInt32(1 << (SequenceBits - 1));
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next << RevisionBits;
        }
    }

    /// <summary>Returns the lowest id that can be created at a time.</summary>
    public static long First(DateTimeOffset at) => Math.Clamp((long)(at - Epoch).TotalMilliseconds, 0, (1L << TimeBits) - 1) << (SequenceBits + RevisionBits);

    /// <summary>Returns the id of a report's revision, and of the delivery that was created for it.</summary>
    public static long RevisionId(long reportId, int revision) => reportId + revision - 1;

    /// <summary>Returns the id of the report that a revision belongs to.</summary>
    public static long ReportOf(long revisionId) => revisionId & -MaxRevisions;

    /// <summary>Returns the highest id that a revision of a report can have.</summary>
    public static long LastRevisionId(long reportId) => reportId + MaxRevisions - 1;

    /// <summary>Returns an id as clients see it.</summary>
    public static string Text(long caseId) => string.Create(2 + Length, caseId, static (span, rest) =>
    {
        (span[0], span[1]) = ('P', 'G');
        for (var i = span.Length - 1; i >= 2; i--, rest >>= 5)
            span[i] = Alphabet[(int)(rest & 31)];
    });

    /// <summary>Parses an id as clients see it. Returns the id of the revision, or 0 if the text is not one of the gateway's ids.</summary>
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

    /// <summary>Creates a token of 130 random bits, which cannot be guessed.</summary>
    public static string NewToken() => RandomNumberGenerator.GetString(Alphabet, 26).ToLowerInvariant();
}
