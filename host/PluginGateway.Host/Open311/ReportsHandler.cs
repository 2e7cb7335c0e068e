using PluginGateway.Core.Clients;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;

namespace PluginGateway.Host.Open311;

/// <summary>Handles GET Service Requests (GeoReport v2): lists of reports, single reports and tokens.</summary>
internal sealed class ReportsHandler(ApiRequestContext councils, ReportReader reader, ReportAcceptor acceptor, TimeProvider time)
{
    public async Task<Open311Response> ListAsync(Open311Request call)
    {
        var (council, client, refusal) = await councils.ForReadingAsync(call);
        if (refusal is not null)
            return refusal;

        // Ids override every other argument (GeoReport v2, GET Service Requests).
        if (call.Arguments.Listed("service_request_id") is { Count: > 0 } ids)
            return Listed(call, client, await reader.FindAsync(council, ids, client is not null, call.Aborted));

        var filter = ReportFilter.Read(call.Arguments, council.JurisdictionId, client is not null, client?.Strict == true, time.GetUtcNow());
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
        var (council, client, refusal) = await councils.ForReadingAsync(call);
        if (refusal is not null)
            return refusal;
        if (call.Target.Id.Length == 0)
            return Open311Response.Missing("service_request_id");

        var found = await reader.FindAsync(council, [call.Target.Id], client is not null, call.Aborted);
        return found.Count == 0 ? Open311Response.NotFound("service_request_id", call.Target.Id) : Listed(call, client, found);
    }

    public async Task<Open311Response> TokenAsync(Open311Request call)
    {
        var (council, _, refusal) = await councils.ForReadingAsync(call);
        if (refusal is not null)
            return refusal;
        if (call.Target.Id.Length == 0)
            return Open311Response.Missing("token");
        if (await reader.ResolveAsync(council, call.Target.Id, call.Aborted) is not { Kind: AliasKind.Token } alias)
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

    private static string NextPage(Open311Request call, int page)
    {
        var query = call.Http.Request.Query.Where(p => p.Key != "page").SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value));
        return call.Http.Request.Path
            + QueryString.Create(query.Append(KeyValuePair.Create("page", (string?)page.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }
}
