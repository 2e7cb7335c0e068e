using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>
/// Who has a mail already and who was refused for good, noted with the delivery: a later try goes to nobody twice. Addresses are noted by their hash, so that
/// changing their order in the council file, or adding one, confuses nothing.
/// </summary>
internal sealed class RecipientNotes(IAttempt attempt)
{
    private const string Taken = "taken", Refused = "refused ";

    /// <summary>The positions of the addresses that this try is for.</summary>
    public IReadOnlyList<int> Due(IReadOnlyList<string> addresses)
    {
        var taken = ReadTaken();
        var open = Enumerable.Range(0, addresses.Count).Where(i => !taken.Contains(Key(addresses[i]))).ToList();
        // Those refused for good are tried again only when nobody else is left: then an operator has asked for it.
        return open.FindAll(i => WordsOf(addresses[i]) is null) is { Count: > 0 } others ? others : open;
    }

    /// <summary>The addresses that were refused for good, in an earlier try or this one: their positions, and what the server said.</summary>
    public IReadOnlyList<(int Position, string Words)> RefusedOf(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt)
    {
        var taken = ReadTaken();
        var earlier = from position in Enumerable.Range(0, addresses.Count)
                      where !tried.Contains(position) && !taken.Contains(Key(addresses[position])) && WordsOf(addresses[position]) is not null
                      select (Position: position, Words: WordsOf(addresses[position])!);
        return [.. earlier.Concat(receipt.WithOutcome(RecipientOutcome.Refused, tried)).OrderBy(r => r.Position)];
    }

    /// <summary>
    /// Notes a mail that only some have. While nobody has it nothing is noted, so that newer content can still replace it; and when all have it, the
    /// delivery is sent.
    /// </summary>
    public async Task RecordAsync(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt, CancellationToken ct)
    {
        var taken = ReadTaken();
        var refused = RefusedOf(addresses, tried, receipt);
        if ((receipt.IsAcceptedByAll && refused.Count == 0) || (!receipt.IsAcceptedBySome && taken.Count == 0))
            return;

        foreach (var (position, words) in refused.Where(r => WordsOf(addresses[r.Position]) is null))
            await attempt.NoteAsync(Refused + Key(addresses[position]), words, ct);
        if (receipt.IsAcceptedBySome)
        {
            taken.UnionWith(receipt.WithOutcome(RecipientOutcome.Accepted, tried).Select(r => Key(addresses[r.Position])));
            await attempt.NoteAsync(Taken, string.Join(',', taken), ct);
        }
    }

    private HashSet<string> ReadTaken() =>
        new(attempt.Notes.GetValueOrDefault(Taken, "").Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private string? WordsOf(string address) => attempt.Notes.GetValueOrDefault(Refused + Key(address));

    private static string Key(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.ToUpperInvariant())).AsSpan(0, 8));
}
