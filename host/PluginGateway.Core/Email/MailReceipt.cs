namespace PluginGateway.Core.Email;

/// <summary>The result of sending an e-mail.</summary>
/// <param name="Text">A description for operators.</param>
/// <param name="Recipients">The result for each recipient, in their order.</param>
internal sealed record MailReceipt(string Text, IReadOnlyList<RecipientResult> Recipients)
{
    /// <summary>Creates a receipt for an e-mail that was accepted for all recipients.</summary>
    public static MailReceipt Accepted(string text, int recipients) =>
        new(text, [.. Enumerable.Repeat(new RecipientResult(RecipientOutcome.Accepted, ""), recipients)]);

    public bool IsAcceptedByAll => Recipients.All(r => r.Outcome == RecipientOutcome.Accepted);

    /// <summary>Returns the recipients with an outcome, and the server's reply for each.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="positions">The position of each recipient in the complete list of addresses.</param>
    public IEnumerable<(int Position, string Words)> WithOutcome(RecipientOutcome outcome, IReadOnlyList<int> positions) =>
        positions.Zip(Recipients).Where(r => r.Second.Outcome == outcome).Select(r => (r.First, r.Second.Reply));

    public bool IsAcceptedBySome => Recipients.Any(r => r.Outcome == RecipientOutcome.Accepted);
}

/// <summary>The outcome for one recipient, and the server's reply.</summary>
internal sealed record RecipientResult(RecipientOutcome Outcome, string Reply);

internal enum RecipientOutcome
{
    Accepted,

    /// <summary>Refused temporarily (4yz), for example because of greylisting, a full mailbox or a busy server.</summary>
    Deferred,

    /// <summary>Refused permanently (5yz).</summary>
    Refused,
}
