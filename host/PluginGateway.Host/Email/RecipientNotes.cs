using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>
/// Who has a mail already and who was refused for good, noted with the delivery: a later try goes to nobody twice. Addresses are noted by their hash, so that
/// changing their order in the council file, or adding one, confuses nothing.
/// </summary>
internal sealed class RecipientNotes(IAttempt attempt)
{
    private const string Taken = "taken", Refused = "refused";

    /// <summary>The positions of the addresses that this try is for.</summary>
    public IReadOnlyList<int> Due(IReadOnlyList<string> addresses)
    {
        var (taken, refused) = (Read(Taken), Read(Refused));
        var open = Enumerable.Range(0, addresses.Count).Where(i => !taken.Contains(Key(addresses[i]))).ToList();
        // Those refused for good are tried again only when nobody else is left: then a person has asked for it.
        return open.FindAll(i => !refused.Contains(Key(addresses[i]))) is { Count: > 0 } others ? others : open;
    }

    /// <summary>The positions of the addresses that were refused for good, in an earlier try or this one.</summary>
    public IReadOnlyList<int> RefusedOf(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt)
    {
        var (taken, refused) = (Read(Taken), Read(Refused));
        var earlier = Enumerable.Range(0, addresses.Count).Where(i => !tried.Contains(i) && refused.Contains(Key(addresses[i])) && !taken.Contains(Key(addresses[i])));
        return [.. earlier.Concat(tried.Where((_, i) => receipt.Recipients[i].Outcome == RecipientOutcome.Refused)).Order()];
    }

    /// <summary>
    /// Notes a mail that only some have. While nobody has it nothing is noted, so that newer content can still replace it; and when all have it, the delivery is
    /// sent.
    /// </summary>
    public async Task RecordAsync(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt, CancellationToken ct)
    {
        if ((receipt.IsTakenByAll && RefusedOf(addresses, tried, receipt).Count == 0) || (!receipt.IsTakenBySome && Read(Taken).Count == 0))
            return;

        await AddAsync(Taken, RecipientOutcome.Taken);
        await AddAsync(Refused, RecipientOutcome.Refused);

        async Task AddAsync(string note, RecipientOutcome outcome)
        {
            var keys = Read(note);
            var before = keys.Count;
            keys.UnionWith(tried.Where((_, i) => receipt.Recipients[i].Outcome == outcome).Select(i => Key(addresses[i])));
            if (keys.Count > before)
                await attempt.NoteAsync(note, string.Join(',', keys), ct);
        }
    }

    private HashSet<string> Read(string note) =>
        new(attempt.Notes.GetValueOrDefault(note, "").Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private static string Key(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.ToUpperInvariant())).AsSpan(0, 8));
}
