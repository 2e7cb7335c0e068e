using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;

namespace PluginGateway.Core.Tests.Email;

/// <summary>Tests which recipients of a mail each attempt includes and what is recorded in the attempt's notes.</summary>
public sealed class RecipientNotesTests
{
    private static readonly string[] Three = ["a@council.example", "B <b@council.example>", "c@council.example"];

    private readonly RecordingAttempt _attempt = new();

    [Fact]
    public async Task Each_recipient_gets_the_mail_once_over_several_attempts()
    {
        Assert.Equal([0, 1, 2], await AttemptAsync(Three, "accepted refused deferred"));
        Assert.Equal([2], await AttemptAsync(Three, "accepted"));

        // The delivery is held because of the second recipient, and an operator resends it.
        Assert.Equal([1], await AttemptAsync(Three, "deferred"));
        Assert.Equal([(1, "refused by a test")], Notes.RefusedOf(Three, [], new MailReceipt("", [])));
        Assert.Equal([1], await AttemptAsync(Three, "accepted"));
    }

    [Fact]
    public async Task Changed_order_or_additional_addresses_are_handled()
    {
        await AttemptAsync(Three, "accepted accepted deferred");

        Assert.Equal([0], Notes.Due(["C@council.example", "a@council.example", "B <b@council.example>"]));
        Assert.Equal([0, 3], Notes.Due(["d@council.example", .. Three]));
    }

    [Fact]
    public async Task Nothing_is_recorded_while_no_recipient_has_the_mail()
    {
        await AttemptAsync(Three, "refused refused deferred");
        await AttemptAsync(Three, "deferred deferred deferred");

        Assert.Empty(_attempt.Notes);
        Assert.Equal([0, 1, 2], Notes.Due(Three));
    }

    [Fact]
    public async Task Nothing_is_recorded_when_all_recipients_accept_at_once()
    {
        await AttemptAsync(Three, "accepted accepted accepted");

        Assert.Empty(_attempt.Notes);
    }

    [Fact]
    public async Task Longest_list_fits_into_a_note()
    {
        var many = Enumerable.Range(0, MailAddresses.MaxCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"a{i}@council.example")).ToArray();

        await AttemptAsync(many, string.Join(' ', Enumerable.Repeat("accepted", many.Length - 1).Append("deferred")));

        Assert.Equal([many.Length - 1], Notes.Due(many));
    }

    private RecipientNotes Notes => new(_attempt);

    /// <summary>Simulates one attempt and returns the positions of the addresses it included.</summary>
    private async Task<IReadOnlyList<int>> AttemptAsync(string[] addresses, string outcomes)
    {
        var due = Notes.Due(addresses);
        var receipt = new MailReceipt(
            "", [.. outcomes.Split(' ').Select(o => new RecipientResult(Enum.Parse<RecipientOutcome>(o, ignoreCase: true), $"{o} by a test"))]);
        Assert.Equal(due.Count, receipt.Recipients.Count);
        await Notes.RecordAsync(addresses, due, receipt, default);
        return due;
    }

    private sealed class RecordingAttempt : IAttempt
    {
        private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);

        public string DeliveryKey => "delivery-1";

        public int Number => 1;

        public DateTimeOffset FirstAttemptAt => default;

        public IReadOnlyDictionary<string, string> Notes => _notes;

        public Task NoteAsync(string key, string value, CancellationToken ct)
        {
            Assert.InRange(value.Length, 0, 4_000);
            _notes[key] = value;
            return Task.CompletedTask;
        }

        public Task MarkCommittingAsync(CancellationToken ct) => Task.CompletedTask;
    }
}
