namespace PluginGateway.Core.Email;

/// <summary>What became of a mail for each of its recipients, in their order.</summary>
/// <param name="Text">What happened, for operators.</param>
/// <param name="Recipients">One result for each recipient.</param>
internal sealed record MailReceipt(string Text, IReadOnlyList<RecipientResult> Recipients)
{
    /// <summary>Everybody has it.</summary>
    public static MailReceipt Accepted(string text, int recipients) =>
        new(text, [.. Enumerable.Repeat(new RecipientResult(RecipientOutcome.Accepted, ""), recipients)]);

    public bool IsAcceptedByAll => Recipients.All(r => r.Outcome == RecipientOutcome.Accepted);

    /// <summary>The recipients with an outcome, and what the server said to each.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="positions">The position of each recipient in the whole list of addresses.</param>
    public IEnumerable<(int Position, string Words)> WithOutcome(RecipientOutcome outcome, IReadOnlyList<int> positions) =>
        positions.Zip(Recipients).Where(r => r.Second.Outcome == outcome).Select(r => (r.First, r.Second.Reply));

    public bool IsAcceptedBySome => Recipients.Any(r => r.Outcome == RecipientOutcome.Accepted);
}

/// <summary>What became of a mail for one recipient, and what the server said to that.</summary>
internal sealed record RecipientResult(RecipientOutcome Outcome, string Reply);

internal enum RecipientOutcome
{
    Accepted,

    /// <summary>Refused for now (4yz): greylisting, a full mailbox, a server that is busy.</summary>
    Deferred,

    /// <summary>Refused for good (5yz).</summary>
    Refused,
}
