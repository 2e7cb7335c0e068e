using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;

namespace PluginGateway.Core.Tests.Email;

/// <summary>A mail to several, try after try: who gets it when, and what is noted.</summary>
public sealed class RecipientNotesTests
{
    private static readonly string[] Three = ["a@council.example", "B <b@council.example>", "c@council.example"];

    private readonly NotedAttempt _attempt = new();

    [Fact]
    public async Task Each_gets_it_once_however_many_tries_it_takes()
    {
        Assert.Equal([0, 1, 2], await TryAsync(Three, "accepted refused deferred"));
        Assert.Equal([2], await TryAsync(Three, "accepted"));

        // Held for the second; an operator resends.
        Assert.Equal([1], await TryAsync(Three, "deferred"));
        Assert.Equal([(1, "refused by a test")], Notes.RefusedOf(Three, [], new MailReceipt("", [])));
        Assert.Equal([1], await TryAsync(Three, "accepted"));
    }

    [Fact]
    public async Task Another_order_or_another_address_confuses_nothing()
    {
        await TryAsync(Three, "accepted accepted deferred");

        Assert.Equal([0], Notes.Due(["C@council.example", "a@council.example", "B <b@council.example>"]));
        Assert.Equal([0, 3], Notes.Due(["d@council.example", .. Three]));
    }

    [Fact]
    public async Task While_nobody_has_it_nothing_is_noted()
    {
        await TryAsync(Three, "refused refused deferred");
        await TryAsync(Three, "deferred deferred deferred");

        Assert.Empty(_attempt.Notes);
        Assert.Equal([0, 1, 2], Notes.Due(Three));
    }

    [Fact]
    public async Task When_all_have_it_at_once_nothing_needs_to_be_noted()
    {
        await TryAsync(Three, "accepted accepted accepted");

        Assert.Empty(_attempt.Notes);
    }

    [Fact]
    public async Task The_longest_list_fits_into_a_note()
    {
        var many = Enumerable.Range(0, MailAddresses.MaxCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"a{i}@council.example")).ToArray();

        await TryAsync(many, string.Join(' ', Enumerable.Repeat("accepted", many.Length - 1).Append("deferred")));

        Assert.Equal([many.Length - 1], Notes.Due(many));
    }

    private RecipientNotes Notes => new(_attempt);

    /// <summary>One try, and the positions that it was for.</summary>
    private async Task<IReadOnlyList<int>> TryAsync(string[] addresses, string outcomes)
    {
        var due = Notes.Due(addresses);
        var receipt = new MailReceipt(
            "", [.. outcomes.Split(' ').Select(o => new RecipientResult(Enum.Parse<RecipientOutcome>(o, ignoreCase: true), $"{o} by a test"))]);
        Assert.Equal(due.Count, receipt.Recipients.Count);
        await Notes.RecordAsync(addresses, due, receipt, default);
        return due;
    }

    private sealed class NotedAttempt : IAttempt
    {
        private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);

        public string DeliveryKey => "delivery-1";

        public int Number => 1;

        public DateTimeOffset FirstTriedAt => default;

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
