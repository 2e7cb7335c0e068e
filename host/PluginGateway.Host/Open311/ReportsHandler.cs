using System.Globalization;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;

namespace PluginGateway.Host.Open311;

/// <summary>Handles GET Service Requests (GeoReport v2): lists of reports, single reports and tokens.</summary>
internal sealed class ReportsHandler(ReportReader reader, ReportAcceptor acceptor, TimeProvider time)
{
    public async Task<Open311Response> ListAsync(Open311Request call)
    {
        var (council, client, refusal) = ApiRequestContext.ForReading(call);
        if (refusal is not null)
            return refusal;

        // Ids override every other argument (GeoReport v2, GET Service Requests).
        var ids = call.Arguments.Listed("service_request_id");
        if (call.Arguments.Problems.Count == 0 && ids.Count > 0)
            return Listed(call, client, await reader.FindAsync(council, ids, client, call.Aborted));

        var filter = ReportFilter.Read(call.Arguments, council.JurisdictionId, client, time.GetUtcNow());
        if (call.Arguments.Problems.Count > 0)
            return Open311Response.BadRequest(call.Arguments.Problems);

        var views = await reader.ListAsync(council, filter, call.Aborted);
        var more = views.Count > filter.PageSize;
        if (more)
            views.RemoveAt(filter.PageSize);
        return Listed(call, client, views) with { Warning = filter.Warning, Next = more ? NextPage(call, filter.Page + 1) : null };
    }

    public async Task<Open311Response> OneAsync(Open311Request call)
    {
        var (council, client, refusal) = ApiRequestContext.ForReading(call);
        if (refusal is not null)
            return refusal;
        if (call.Target.Id.Length == 0)
            return Open311Response.Missing("service_request_id");

        var found = await reader.FindAsync(council, [call.Target.Id], client, call.Aborted);
        return found.Count == 0 ? Open311Response.NotFound("service_request_id", call.Target.Id) : Listed(call, client, found);
    }

    public async Task<Open311Response> TokenAsync(Open311Request call)
    {
        var (council, client, refusal) = ApiRequestContext.ForReading(call);
        if (refusal is not null)
            return refusal;
        if (call.Target.Id.Length == 0)
            return Open311Response.Missing("token");
        // A token is random and only its client knows it, so it is answered without a key too. A key of another client is not.
        if (await reader.ResolveAsync(council, call.Target.Id, call.Aborted) is not { Kind: AliasKind.Token } alias
            || (client is not null && !client.MaySee(alias.Private, alias.ClientId)))
            return Open311Response.NotFound("token", call.Target.Id);

        var state = await acceptor.ReadAsync(new AcceptResult { ReportId = alias.ReportId, Revision = alias.Revision, OwnId = "" }, call.Aborted);
        if (state is { PublicId: null, Rejection: { } reason })
            return Open311Response.Error(StatusCodes.Status400BadRequest, reason, ErrorCodes.Refused);

        return new Open311Response.Written(writer =>
        {
            writer.StartList("service_requests", "request");
            writer.StartItem();
            // While the id is pending, the element is omitted: some readers treat an empty element as an id.
            writer.Text("service_request_id", state.PublicId);
            writer.Text("token", call.Target.Id);
            writer.EndItem();
            writer.EndList();
        });
    }

    private static Open311Response Listed(Open311Request call, ApiClient? client, IReadOnlyList<ReportView> views)
    {
        var statuses = client?.Profile.HasFlag(ClientProfile.Statuses) == true || call.Arguments.One("extended_statuses") == "true";
        var (extended, isKeyed) = (call.Arguments.One("extensions") == "true", client is not null);
        return new Open311Response.Listed<ReportView>(
            "service_requests", "request", views,
            extended ? (writer, view) => view.WriteExtended(writer, isKeyed, statuses) : (writer, view) => view.Write(writer, statuses));
    }

    /// <summary>
    /// Returns the address of the next page relative to this one, so that it is valid behind a proxy that changes the path, and after a key in the path
    /// without containing it. A key in the query is left out.
    /// </summary>
    private static string NextPage(Open311Request call, int page)
    {
        var query = call.Http.Request.Query.Where(p => !IsOmitted(p.Key)).SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value));
        return QueryString.Create(query.Append(KeyValuePair.Create("page", (string?)page.ToString(CultureInfo.InvariantCulture)))).ToString();

        static bool IsOmitted(string name) =>
            name.Equals("page", StringComparison.OrdinalIgnoreCase) || name.Equals("api_key", StringComparison.OrdinalIgnoreCase);
    }
}
