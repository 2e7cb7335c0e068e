using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Open311;

/// <summary>Reads reports for clients: from the database, or from the back end for ids that are unknown to the gateway.</summary>
internal sealed class ReportReader(
    IDatabase database, ServiceVersions services, ServiceCatalogues catalogues, AdapterCaller adapters, ILogger<ReportReader> log)
{
    private readonly NewProblems _problems = new();

    private const string Columns = """
        r.id AS ReportId, COALESCE(r.public_id, r.own_id) AS Id, r.status AS Status, r.status_notes AS StatusNotes, r.service_code AS ServiceCode,
        r.received AS Received, r.updated AS Updated, r.lat AS Latitude, r.long AS Longitude, r.private AS Private, r.client_id AS ClientId,
        v.service_id AS ServiceId, v.payload AS Payload
        """;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    public async Task<List<ReportView>> ListAsync(Council council, ReportFilter filter, CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<ReportRow>(
                $"""
                SELECT {Columns} FROM report r JOIN report_revision v ON v.id = r.id + r.revision - 1
                WHERE {filter.Where} ORDER BY r.received DESC, r.id DESC {database.Dialect.Page("@skip", "@take")}
                """,
                filter.Values),
            ct);
        var versions = await services.FindAsync(rows.Select(r => r.ServiceId), ct);
        return [.. rows.Select(r => ToView(council, r, r.Id, versions))];
    }

    /// <summary>
    /// Returns the reports with the given ids, in the same order. Ids that do not exist, or that the client may not see, are skipped. A back end is asked
    /// only for a client with a key: it returns what only the council knows, and whether that is public cannot be told before it is asked.
    /// </summary>
    /// <param name="council">The council.</param>
    /// <param name="ids">Different ids, at most <see cref="Parameters.MaxListed"/>.</param>
    /// <param name="client">The client; null for a caller without a key.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<IReadOnlyList<ReportView>> FindAsync(Council council, IReadOnlyList<string> ids, ApiClient? client, CancellationToken ct)
    {
        var rows = await database.ReadAsync(db => RowsAsync(db, council, ids), ct);
        var versions = await services.FindAsync(rows.Select(r => r.ServiceId), ct);
        var found = rows.Where(r => !r.Private || client?.MaySee(r.Private, r.ClientId) == true)
            .DistinctBy(r => r.RequestedId, StringComparer.Ordinal)
            .ToDictionary(r => r.RequestedId, r => ToView(council, r, r.RequestedId, versions), StringComparer.Ordinal);
        if (client is not null)
            foreach (var view in await QueryBackEndsAsync(council, [.. ids.Except(rows.Select(r => r.RequestedId), StringComparer.Ordinal)], client, ct))
                found[view.Id] = view;
        return [.. ids.Where(found.ContainsKey).Select(id => found[id])];
    }

    /// <summary>Returns the report that an id belongs to, and the revision for which the id was issued; null if the id is unknown.</summary>
    public Task<AliasRow?> ResolveAsync(Council council, string id, CancellationToken ct) => database.ReadAsync(
        async db => await db.FirstAsync<AliasRow>(
                """
                SELECT v.report_id AS ReportId, v.revision AS Revision, 1 AS Kind, r.private AS Private, r.client_id AS ClientId
                FROM report_revision v JOIN report r ON r.id = v.report_id
                WHERE v.id = @own AND v.own_id = @id AND r.council = @council
                """,
                new { own = ReportIds.Read(id), id, council = council.JurisdictionId })
            ?? await db.FirstAsync<AliasRow>(
                """
                SELECT a.report_id AS ReportId, a.revision AS Revision, a.kind AS Kind, r.private AS Private, r.client_id AS ClientId
                FROM report_alias a JOIN report r ON r.id = a.report_id WHERE a.council = @council AND a.backend = '' AND a.id_key = @key
                """,
                new { council = council.JurisdictionId, key = IdKey.Of(id) }),
        ct);

    /// <summary>Returns the back end that an unknown id belongs to: by its prefix, by its pattern, or the one without a prefix.</summary>
    public static BackEnd? BackEndOf(Council council, string id, Func<BackEnd, bool> can)
    {
        // The owner is determined first and its capability checked afterwards, because an id must never fall through to another system.
        var all = council.BackEnds.Values.OrderBy(b => b.Name, StringComparer.Ordinal).ToList();
        var owner = all.Where(b => b.Prefix.Length > 0 && id.StartsWith(b.Prefix, StringComparison.Ordinal)).MaxBy(b => b.Prefix.Length)
            ?? all.Find(b => b.IdPattern?.IsMatch(b.WithoutPrefix(id)) == true);
        return owner is not null ? (can(owner) ? owner : null) : all.Find(b => b.Prefix.Length == 0 && b.IdPattern is null && can(b));
    }

    /// <summary>
    /// Returns the ids that are the case ids of reports that a client may not see. A case can have an id that is not published, for example without the prefix
    /// of the back end, or because the report was sent through another back end than the owner of its service.
    /// </summary>
    public async Task<IReadOnlySet<string>> HiddenAsync(BackEnd backEnd, IReadOnlyList<string> ids, ApiClient client, CancellationToken ct)
    {
        var keys = ids.ToDictionary(id => id, id => Aliases.Keys(backEnd.WithoutPrefix(id)), StringComparer.Ordinal);
        var rows = await database.ReadAsync(
            db => db.ListAsync<CaseRow>(
                """
                SELECT a.id_key AS CaseKey, r.private AS Private, r.client_id AS ClientId FROM report_alias a JOIN report r ON r.id = a.report_id
                WHERE a.council = @Council AND a.backend = @Name AND a.id_key IN @all
                """,
                new { backEnd.Council, backEnd.Name, all = keys.Values.SelectMany(k => k).ToList() }),
            ct);
        var hidden = rows.Where(r => !client.MaySee(r.Private, r.ClientId)).Select(r => Convert.ToHexString(r.CaseKey)).ToHashSet(StringComparer.Ordinal);
        return ids.Where(id => keys[id].Any(k => hidden.Contains(Convert.ToHexString(k)))).ToHashSet(StringComparer.Ordinal);
    }

    private static async Task<List<ReportRow>> RowsAsync(DbSession db, Council council, IReadOnlyList<string> ids)
    {
        var rows = await db.ListAsync<ReportRow>(
            $"""
            SELECT o.own_id AS RequestedId, {Columns}
            FROM report_revision o JOIN report r ON r.id = o.report_id JOIN report_revision v ON v.id = r.id + r.revision - 1
            WHERE o.id IN @own AND r.council = @council
            """,
            new { own = ids.Select(ReportIds.Read).Where(id => id > 0), council = council.JurisdictionId });
        var others = ids.Except(rows.Select(r => r.RequestedId), StringComparer.Ordinal).ToList();
        if (others.Count > 0)
            rows.AddRange(await db.ListAsync<ReportRow>(
                $"""
                SELECT a.id AS RequestedId, {Columns}
                FROM report_alias a JOIN report r ON r.id = a.report_id JOIN report_revision v ON v.id = r.id + r.revision - 1
                WHERE a.council = @council AND a.backend = '' AND a.id_key IN @keys AND a.kind <> {AliasKinds.Token}
                """,
                new { council = council.JurisdictionId, keys = others.Select(IdKey.Of) }));
        return rows;
    }

    private async Task<IReadOnlyList<ReportView>> QueryBackEndsAsync(
        Council council, IReadOnlyList<string> ids, ApiClient client, CancellationToken ct)
    {
        var views = new List<ReportView>();
        var published = ids.Count == 0 ? null : await catalogues.GetAsync(council, ct);
        var byBackEnd = ids.Where(id => !id.StartsWith("PG", StringComparison.Ordinal))
            .Select(id => (Id: id, BackEnd: BackEndOf(council, id, adapters.Has<IRequestSource>)))
            .Where(p => p.BackEnd is not null)
            .GroupBy(p => p.BackEnd!);
        foreach (var group in byBackEnd)
        {
            var backEnd = group.Key;
            var hidden = await HiddenAsync(backEnd, [.. group.Select(p => p.Id)], client, ct);
            var query = new RequestQuery { BackEndIds = [.. group.Where(p => !hidden.Contains(p.Id)).Select(p => backEnd.WithoutPrefix(p.Id))] };
            if (query.BackEndIds.Count == 0)
                continue;
            var outcome =
                await adapters.CallAsync<IRequestSource, RequestPage>(backEnd, Within, (a, token) => a.GetRequestsAsync(query, token), late: null, ct);
            if (outcome is not AdapterOutcome<RequestPage>.Answered { Value: var page })
                continue;

            views.AddRange(
                page.Requests.Where(r => query.BackEndIds.Contains(r.BackEndId, StringComparer.Ordinal)).Select(r => ToView(council, backEnd, r, published))
                    .Where(v => group.Any(p => p.Id == v.Id)));
            foreach (var (problem, count) in _problems.Find(backEnd.Key, page.Problems))
                log.ReportProblem(backEnd.Key, count, problem);
        }

        return views;
    }

    private static ReportView ToView(Council council, ReportRow row, string id, IReadOnlyDictionary<long, Service> versions)
    {
        var request = row.Payload.Length == 0 ? null : JsonSerializer.Deserialize(row.Payload, ReportJson.Default.StoredReport);
        return new ReportView
        {
            Id = id,
            Status = row.Status,
            StatusNotes = row.StatusNotes,
            ServiceCode = row.ServiceCode,
            ServiceName = versions.GetValueOrDefault(row.ServiceId)?.Name ?? "",
            Service = versions.GetValueOrDefault(row.ServiceId),
            Answers = request?.Answers ?? [],
            Private = row.Private,
            Description = request?.Description ?? "",
            Agency = council.Name,
            Requested = UnixTime.At(row.Received),
            Updated = UnixTime.At(row.Updated),
            Location = request?.Location ?? new ReportLocation { Latitude = row.Latitude, Longitude = row.Longitude },
            MediaUrls = request?.MediaUrls ?? [],
        };
    }

    private static ReportView ToView(Council council, BackEnd backEnd, CouncilRequest request, PublishedServices? published) => new()
    {
        Id = backEnd.Prefix + request.BackEndId,
        Status = request.Status,
        StatusNotes = request.StatusNotes,
        ServiceCode = request.ServiceCode.Length == 0 ? "" : backEnd.Prefix + request.ServiceCode,
        ServiceName = request.ServiceName,
        Description = request.Description,
        Private = request.NonPublic || published?.Find(backEnd.Prefix + request.ServiceCode)?.Private == true,
        Agency = council.Name,
        Requested = request.RequestedAt,
        Updated = request.UpdatedAt,
        Expected = request.ExpectedAt,
        Location = request.Location,
        MediaUrls = request.MediaUrls,
        Extras = ExtraValues.Read(request.Extras).Values,
    };

    private sealed class CaseRow
    {
        public byte[] CaseKey { get; init; } = [];

        public bool Private { get; init; }

        public long ClientId { get; init; }
    }

    private sealed class ReportRow
    {
        public long ReportId { get; init; }

        public string RequestedId { get; init; } = "";

        public string Id { get; init; } = "";

        public string Status { get; init; } = "";

        public string? StatusNotes { get; init; }

        public string ServiceCode { get; init; } = "";

        public long Received { get; init; }

        public long Updated { get; init; }

        public double? Latitude { get; init; }

        public double? Longitude { get; init; }

        public bool Private { get; init; }

        public long ClientId { get; init; }

        public long ServiceId { get; init; }

        public byte[] Payload { get; init; } = [];
    }
}

/// <summary>The report that an id refers to.</summary>
internal sealed class AliasRow
{
    public long ReportId { get; init; }

    public int Revision { get; init; }

    public AliasKind Kind { get; init; }

    /// <summary>Whether the report belongs to a private service.</summary>
    public bool Private { get; init; }

    /// <summary>The client that sent the report.</summary>
    public long ClientId { get; init; }
}
