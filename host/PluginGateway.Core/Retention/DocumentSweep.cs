using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Deletes the content of council documents that have been read. The rows remain, so that a document that arrives again is not read again. Documents that
/// could not be read are kept as long as personal data, so that an operator can fix the problem.
/// </summary>
internal sealed class DocumentSweep(IDatabase database, IOptions<RetentionOptions> options) : WindowSweep
{
    public override string Name => "documents";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.Documents);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<DocumentRow>(
                $"""
                SELECT id AS Id, state AS State, received AS Received, read_at AS ReadAt FROM document WHERE id > @after
                ORDER BY id {db.Dialect.Page("0", "@max")}
                """,
                new { after, max = Window }),
            ct);
        var (documents, personalData) = (options.Value.Documents, options.Value.PersonalData);
        var unreadable = personalData == TimeSpan.Zero ? 0 : personalData > documents ? before - (personalData - documents).Ms() : before;
        var expired = window.Where(d => IsExpired(d, d.State == DocumentState.Unreadable ? unreadable : before)).Select(d => d.Id).ToList();
        if (remove)
            foreach (var id in expired)
                await ClearAsync(id, ct);
        return (window.Count == 0 ? null : window[^1].Id, expired.Count);
    }

    private static bool IsExpired(DocumentRow document, long before) =>
        document.State is DocumentState.Read or DocumentState.Unreadable or DocumentState.Clearing && document.Received < before && document.ReadAt < before;

    /// <summary>Deletes a document chunk by chunk. Its state is changed first, so that it is not read again.</summary>
    private async Task ClearAsync(long id, CancellationToken ct)
    {
        if (await database.WriteAsync(
            db => db.ExecuteAsync(
                $"""
                UPDATE document SET state = {DocumentStates.Clearing}
                WHERE id = @id AND state IN ({DocumentStates.Read}, {DocumentStates.Unreadable}, {DocumentStates.Clearing})
                """,
                new { id }), ct) == 0)
            return;

        while (await database.WriteAsync(
            async db =>
            {
                var numbers =
                    await db.ListAsync<long>(
                        $"SELECT number FROM document_chunk WHERE document_id = @id ORDER BY number {db.Dialect.Page("0", "@max")}",
                        new { id, max = Chunks });
                return numbers.Count > 0
                    ? await db.ExecuteAsync("DELETE FROM document_chunk WHERE document_id = @id AND number IN @numbers", new { id, numbers })
                    : 0;
            },
            ct) > 0)
        {
        }

        await database.WriteAsync(
            async db =>
            {
                await db.ExecuteAsync("DELETE FROM document_problem WHERE document_id = @id", new { id });
                return await db.ExecuteAsync(
                    $"UPDATE document SET state = {DocumentStates.Cleared} WHERE id = @id AND state = {DocumentStates.Clearing}", new { id });
            },
            ct);
    }

    /// <summary>The number of chunks, of 256 KB each, that are deleted together.</summary>
    private const int Chunks = 16;

    private sealed class DocumentRow
    {
        public long Id { get; init; }

        public DocumentState State { get; init; }

        public long Received { get; init; }

        public long ReadAt { get; init; }
    }
}
