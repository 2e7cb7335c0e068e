using System.Globalization;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>A delivery that an operator refers to, with its report.</summary>
internal sealed class DeliveryReference
{
    public long Id { get; init; }

    public long ReportId { get; init; }

    public int Revision { get; init; }

    public DeliveryKind Kind { get; init; }

    public long SubjectId { get; init; }

    public DeliveryState State { get; init; }

    public bool MayHaveBeenDelivered { get; init; }

    public bool HasNotes { get; init; }

    public string DestKey { get; init; } = "";

    public long LaneId { get; init; }

    public int Attempts { get; init; }

    public string Cause { get; init; } = "";

    public string Council { get; init; } = "";

    public string ServiceCode { get; init; } = "";

    public string Owner { get; init; } = "";

    public string OwnId { get; init; } = "";

    public string? PublicId { get; init; }

    /// <summary>The report's status: that of the council's latest update, or open.</summary>
    public string Status { get; init; } = "";

    /// <summary>The report's id for clients.</summary>
    public string Name => PublicId ?? OwnId;

    private const string Columns = """
        SELECT d.id AS Id, d.report_id AS ReportId, d.revision AS Revision, d.kind AS Kind, d.subject_id AS SubjectId, d.state AS State,
            d.may_have_been_delivered AS MayHaveBeenDelivered,
            CASE WHEN d.notes IS NULL THEN 0 ELSE 1 END AS HasNotes, d.dest_key AS DestKey, d.lane_id AS LaneId, d.attempts AS Attempts, d.cause AS Cause,
            l.council AS Council, COALESCE(r.service_code, '') AS ServiceCode, COALESCE(r.owner, '') AS Owner, COALESCE(r.own_id, '') AS OwnId,
            r.public_id AS PublicId, COALESCE(r.status, '') AS Status
        FROM delivery d JOIN lane l ON l.id = d.lane_id LEFT JOIN report r ON r.id = d.report_id
        """;

    /// <summary>
    /// Finds the delivery that a text refers to: the number of a delivery, or any id of a report that clients or the council's system use, in any case. These
    /// include the number that the client gave it. The id of a report refers to the delivery of its latest content.
    /// </summary>
    /// <param name="db">The transaction.</param>
    /// <param name="text">The id or number. With the prefix <c>#</c>, it can only be the number of a delivery.</param>
    /// <param name="councils">The councils to search; empty for all. Two councils may use the same id for a case.</param>
    public static async Task<(DeliveryReference? Found, string Problem)> FindAsync(DbSession db, string text, IReadOnlyCollection<string>? councils = null)
    {
        if (text is ['#', .. var digits])
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var only) && await OfDeliveryAsync(db, only) is { } one
                ? (one, "")
                : (null, $"There is no delivery {text}.");
        var upper = text.ToUpperInvariant();
        if (ReportIds.Read(upper) is > 0 and var own
            && await db.ScalarAsync<long?>("SELECT report_id FROM report_revision WHERE id = @own AND own_id = @upper", new { own, upper }) is { } report)
            return (await OfReportAsync(db, report), "");

        var known = await FindReportsAsync(db, text, councils ?? []);
        if (known.Count == 1)
            return (await OfReportAsync(db, known[0]), "");
        if (known.Count > 1)
            return (null, $"{text} is the id of {known.Count} reports of different councils or clients. Use the report id that begins with PG.");

        var target = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? await OfDeliveryAsync(db, number) : null;
        return (target, target is null ? $"There is no report {text}." : "");
    }

    /// <summary>Returns the reports with an id, from the most to the least exact kind of match; those of the first kind that has any.</summary>
    private static async Task<List<long>> FindReportsAsync(DbSession db, string text, IReadOnlyCollection<string> councils)
    {
        var only = councils.Count > 0 ? " AND p.council IN @councils" : "";
        var id = new AliasRow { AliasKey = IdKey.Of(text) };
        // The index starts with the council, so each council is searched separately. Every council with aliases has a lane.
        var aliases = await db.ListAsync<AliasRow>(
            $"""
            SELECT DISTINCT a.report_id AS ReportId, a.id_key AS AliasKey FROM (SELECT council, backend FROM lane UNION SELECT council, '' FROM lane) p
            CROSS JOIN report_alias a WHERE a.council = p.council AND a.backend = p.backend AND a.id_key IN @keys{only}
            """,
            new { keys = Aliases.Keys(text), councils });
        if (aliases.Count > 0)
            return [.. (aliases.Exists(a => a.Is(id)) ? aliases.Where(a => a.Is(id)) : aliases).Select(a => a.ReportId).Distinct()];

        var mixed = (await db.ListAsync<string>($"SELECT DISTINCT p.council FROM lane p WHERE 1 = 1{only}", new { councils }))
            .ConvertAll(c => ReportTerms.OfId(c, text));
        var reports = new List<long>();
        foreach (var terms in mixed.Chunk(500))
            reports.AddRange(await db.ListAsync<long>("SELECT DISTINCT report_id FROM report_term WHERE term IN @terms", new { terms }));
        return reports.Count > 0 ? reports : await db.ListAsync<long>(
            $"""
            SELECT DISTINCT i.subject_id FROM (SELECT DISTINCT council FROM lane) p CROSS JOIN client c CROSS JOIN idempotency i
            WHERE i.council = p.council AND i.client_id = c.id AND i.kind = {ReferenceKinds.Report} AND i.ref_key IN @keys{only}
            """,
            new { keys = Aliases.Keys(text).Append(IdKey.Of($"key:{text}")), councils });
    }

    public static Task<DeliveryReference?> OfDeliveryAsync(DbSession db, long id) =>
        db.FirstAsync<DeliveryReference>($"{Columns} WHERE d.id = @id", new { id });

    /// <summary>Returns the delivery of a report's latest content.</summary>
    private static Task<DeliveryReference?> OfReportAsync(DbSession db, long reportId) => db.FirstAsync<DeliveryReference>(
        $"{Columns} WHERE d.id BETWEEN @reportId AND @last ORDER BY CASE WHEN d.state = {States.Cancelled} THEN 1 ELSE 0 END, d.revision DESC",
        new { reportId, last = ReportIds.LastRevisionId(reportId) });

    /// <summary>Returns the unambiguous text for a delivery: its number with the prefix <c>#</c>.</summary>
    public static string Number(long delivery) => string.Create(CultureInfo.InvariantCulture, $"#{delivery}");

    public ClaimedDelivery ToClaimed() => new()
    {
        Id = Id,
        ReportId = ReportId,
        Revision = Revision,
        Kind = Kind,
        SubjectId = SubjectId,
        DestKey = DestKey,
        LaneId = LaneId,
        Attempts = Attempts,
    };

    private sealed class AliasRow
    {
        public long ReportId { get; init; }

        public byte[] AliasKey { get; init; } = [];

        public bool Is(AliasRow other) => AliasKey.AsSpan().SequenceEqual(other.AliasKey);
    }
}
