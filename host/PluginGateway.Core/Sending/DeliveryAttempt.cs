using System.Globalization;
using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>One attempt, as an adapter accesses it. Notes and the commit mark are durable when their methods return.</summary>
internal sealed class DeliveryAttempt : IAttempt
{
    private readonly DeliveryStore _store;
    private readonly ClaimedDelivery _delivery;
    private readonly Lock _lock = new();
    private Dictionary<string, string> _notes;
    private volatile bool _commitMarked;

    public DeliveryAttempt(DeliveryStore store, ClaimedDelivery delivery, string ownId)
    {
        _store = store;
        _delivery = delivery;
        _notes = NotesOf(delivery);
        DeliveryKey = string.Create(CultureInfo.InvariantCulture, $"{ownId}-{delivery.Id}-{delivery.Revision}");
    }

    public string DeliveryKey { get; }

    public int Number => _delivery.Attempts;

    public DateTimeOffset FirstAttemptAt => DateTimeOffset.FromUnixTimeMilliseconds(_delivery.FirstTried);

    public IReadOnlyDictionary<string, string> Notes => _notes;

    /// <summary>Whether the adapter has marked the attempt as committing, because it is about to make its creating call.</summary>
    public bool CommitMarked => _commitMarked;

    /// <summary>Returns the notes of earlier attempts.</summary>
    public static Dictionary<string, string> NotesOf(ClaimedDelivery delivery) =>
        delivery.Notes is null ? [] : JsonSerializer.Deserialize(delivery.Notes, ReportJson.Default.DictionaryStringString)!;

    public Task NoteAsync(string key, string value, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 4_000);
        Dictionary<string, string> notes;
        lock (_lock)
            _notes = notes = new Dictionary<string, string>(_notes, StringComparer.Ordinal) { [key] = value };
        return _store.NoteAsync(_delivery, notes, ct);
    }

    public async Task MarkCommittingAsync(CancellationToken ct)
    {
        await _store.MarkCommittingAsync(_delivery, ct);
        _commitMarked = true;
        _delivery.CreatingCallMade = true;
    }
}
