using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Retention;

/// <summary>
/// What councils' files said, once they were read. Which files there were is kept, so that one that comes again is not read again.
/// </summary>
internal sealed class DocumentSweep(IDatabase database) : WindowSweep
{
    public override string Name => "documents";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.Documents);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<DocumentRow>(
                $"SELECT id AS Id, state AS State, received AS Received, read_at AS ReadAt FROM document WHERE id > @after ORDER BY id {db.Dialect.Page("0", "@most")}",
                new { after, most = Window }),
            ct);
        var over = window.Where(d => d.State is Read or Unreadable && d.Received < before && d.ReadAt < before).Select(d => d.Id).ToList();
        if (remove)
            foreach (var id in over)
                await ClearAsync(id, ct);
        return (window.Count == 0 ? null : window[^1].Id, over.Count);
    }

    /// <summary>A long one piece by piece.</summary>
    private async Task ClearAsync(long id, CancellationToken ct)
    {
        while (await database.WriteAsync(
            async db =>
            {
                var numbers = await db.ListAsync<long>($"SELECT number FROM document_chunk WHERE document_id = @id ORDER BY number {db.Dialect.Page("0", "@most")}", new { id, most = Pieces });
                return numbers.Count > 0 ? await db.ExecuteAsync("DELETE FROM document_chunk WHERE document_id = @id AND number IN @numbers", new { id, numbers }) : 0;
            },
            ct) > 0)
        {
        }

        await database.WriteAsync(
            async db =>
            {
                await db.ExecuteAsync("DELETE FROM document_problem WHERE document_id = @id", new { id });
                return await db.ExecuteAsync("UPDATE document SET state = 4 WHERE id = @id AND state IN (2, 3)", new { id });
            },
            ct);
    }

    private const int Read = 2;
    private const int Unreadable = 3;

    /// <summary>Of a quarter of a megabyte each.</summary>
    private const int Pieces = 16;

    private sealed class DocumentRow
    {
        public long Id { get; init; }

        public long State { get; init; }

        public long Received { get; init; }

        public long ReadAt { get; init; }
    }
}
