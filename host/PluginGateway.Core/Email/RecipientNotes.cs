using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>
/// Records in the notes of a delivery which recipients have accepted an e-mail and which were permanently refused, so that a retry does not send it
/// twice. Addresses are stored as hashes, so that reordering or adding addresses in the council file does not affect the notes.
/// </summary>
internal sealed class RecipientNotes(IAttempt attempt)
{
    private const string AcceptedNote = "taken", RefusedNotePrefix = "refused ";

    /// <summary>Returns the positions of the addresses that this attempt must send to.</summary>
    public IReadOnlyList<int> Due(IReadOnlyList<string> addresses)
    {
        var accepted = ReadAccepted();
        var open = Enumerable.Range(0, addresses.Count).Where(i => !accepted.Contains(Key(addresses[i]))).ToList();
        // Permanently refused addresses are retried only if no others are left, because only an operator can start such an attempt.
        return open.FindAll(i => RefusalOf(addresses[i]) is null) is { Count: > 0 } others ? others : open;
    }

    /// <summary>Returns the positions of the addresses that were permanently refused in this or an earlier attempt, with the server's replies.</summary>
    public IReadOnlyList<(int Position, string Words)> RefusedOf(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt)
    {
        var accepted = ReadAccepted();
        var earlier = from position in Enumerable.Range(0, addresses.Count)
                      where !tried.Contains(position) && !accepted.Contains(Key(addresses[position])) && RefusalOf(addresses[position]) is not null
                      select (Position: position, Words: RefusalOf(addresses[position])!);
        return [.. earlier.Concat(receipt.WithOutcome(RecipientOutcome.Refused, tried)).OrderBy(r => r.Position)];
    }

    /// <summary>
    /// Records the results if only some recipients have accepted the e-mail. If none has accepted it, nothing is recorded, so that newer content can
    /// still replace it. If all have accepted it, the delivery is complete and needs no notes.
    /// </summary>
    public async Task RecordAsync(IReadOnlyList<string> addresses, IReadOnlyList<int> tried, MailReceipt receipt, CancellationToken ct)
    {
        var accepted = ReadAccepted();
        var refused = RefusedOf(addresses, tried, receipt);
        if ((receipt.IsAcceptedByAll && refused.Count == 0) || (!receipt.IsAcceptedBySome && accepted.Count == 0))
            return;

        foreach (var (position, words) in refused.Where(r => RefusalOf(addresses[r.Position]) is null))
            await attempt.NoteAsync(RefusedNotePrefix + Key(addresses[position]), words, ct);
        if (receipt.IsAcceptedBySome)
        {
            accepted.UnionWith(receipt.WithOutcome(RecipientOutcome.Accepted, tried).Select(r => Key(addresses[r.Position])));
            await attempt.NoteAsync(AcceptedNote, string.Join(',', accepted), ct);
        }
    }

    private HashSet<string> ReadAccepted() =>
        new(attempt.Notes.GetValueOrDefault(AcceptedNote, "").Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private string? RefusalOf(string address) => attempt.Notes.GetValueOrDefault(RefusedNotePrefix + Key(address));

    private static string Key(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.ToUpperInvariant())).AsSpan(0, 8));
}
