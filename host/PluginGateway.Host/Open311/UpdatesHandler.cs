using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Updates;

namespace PluginGateway.Host.Open311;

/// <summary>Handles GET and POST of service request updates (mySociety's extension).</summary>
internal sealed class UpdatesHandler(
    UpdateReader updates, ReportReader reports, UpdateAcceptor acceptor, ReportDestinations destinations, Uploads uploads,
    AdapterCaller adapters, QueueLimit queue, TimeProvider time)
{
    private static readonly TimeSpan DefaultWindow = TimeSpan.FromHours(24);

    /// <summary>The arguments that this endpoint uses or deliberately ignores. All other form fields are passed to the adapter.</summary>
    private static readonly HashSet<string> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        "api_key", "jurisdiction_id", "service_request_id", "service_request_id_ext", "update_id", "update_id_ext", "updated_datetime", "status",
        "description", "email", "phone", "first_name", "last_name", "attributes", "media_url",
        "account_id", "device_id", "deviceid", "service_code", "service_code_ext",
    };

    public async Task<Open311Response> ListAsync(Open311Request call)
    {
        var (council, client, refusal) = ApiRequestContext.ForReading(call);
        if (refusal is not null)
            return refusal;

        string? warning = null;
        var start = ReportFilter.Time(call.Arguments, "start_date", client?.Strict == true, ref warning);
        var end = ReportFilter.Time(call.Arguments, "end_date", client?.Strict == true, ref warning);
        if (call.Arguments.Problems.Count == 0 && (start is null) != (end is null))
            call.Arguments.Problem("Provide both start_date and end_date, or neither.", ErrorCodes.ArgumentMissing);
        if (start > end)
            call.Arguments.Problem("start_date is after end_date.");
        if (call.Arguments.Problems.Count > 0)
            return Open311Response.BadRequest(call.Arguments.Problems);

        var until = end ?? time.GetUtcNow();
        var pages = updates.ReadAsync(council, client, start ?? until - DefaultWindow, until, call.Aborted).GetAsyncEnumerator(call.Aborted);
        try
        {
            var first = await pages.MoveNextAsync() ? pages.Current : [];
            return new Open311Response.Paged<ServedUpdate>("service_request_updates", "request_update", first, pages, UpdateView.Write) { Warning = warning };
        }
        catch
        {
            await pages.DisposeAsync();
            throw;
        }
    }

    public async Task<Open311Response> PostAsync(Open311Request call)
    {
        var (council, client, refusal) = ApiRequestContext.ForWriting(call);
        if (refusal is not null)
            return refusal;

        if (await queue.IsFullAsync(council, call.Aborted))
            return Open311Response.QueueFull();

        var arguments = call.Arguments;
        string? warning = null;
        var (id, updateId, status, updated) = Required(arguments, client!.Strict, ref warning);
        var (files, answers) = (ReportParser.Files(arguments), arguments.Attributes());
        if (arguments.Problems.Count > 0)
            return Open311Response.BadRequest(arguments.Problems);
        if (await uploads.FindProblemAsync(files, call.Aborted) is { } invalidFiles)
            return invalidFiles;

        var (alias, backEnd, deliveryId) = await FindCaseAsync(council, client, id, call.Aborted);
        if (backEnd is null)
            return Open311Response.NotFound("service_request_id", id);

        var update = new ClientUpdate
        {
            UpdateId = updateId,
            // Empty for a report of this gateway: the id of its case may not be known yet.
            BackEndId = alias is not null ? "" : backEnd.WithoutPrefix(id),
            ServiceCode = arguments.Line("service_code") is { } code ? backEnd.WithoutPrefix(code) : null,
            Status = status,
            Description = arguments.One("description") ?? "",
            UpdatedAt = updated ?? time.GetUtcNow(),
            Author = ReportParser.Person(arguments),
            MediaUrls = ReportParser.MediaUrls(arguments),
            Attachments = await uploads.SaveAsync(files, call.Aborted),
            Reference = arguments.Line("service_request_id_ext"),
            Answers = answers,
            ExtraArguments = arguments.Others(Named),
        };
        arguments.ReleaseFiles();
        try
        {
            await acceptor.AcceptAsync(client.Id, backEnd, alias?.ReportId ?? 0, deliveryId, update, CancellationToken.None);
        }
        finally
        {
            // Deletes the files of an update that had been accepted before; those of an accepted update belong to it.
            await uploads.DiscardAsync(update.Attachments);
        }

        var account = arguments.Line("account_id");
        return new Open311Response.Written(writer =>
        {
            writer.StartList("service_request_updates", "request_update");
            writer.StartItem();
            writer.Text("update_id", updateId);
            writer.Text("account_id", account);
            writer.EndItem();
            writer.EndList();
        })
        { Warning = warning };
    }

    /// <summary>Returns the report or the case that an id belongs to; no back end if there is none that the client may update.</summary>
    private async Task<(AliasRow? Alias, BackEnd? BackEnd, long DeliveryId)> FindCaseAsync(
        Council council, ApiClient client, string id, CancellationToken ct)
    {
        if (await reports.ResolveAsync(council, id, ct) is not { } alias)
        {
            if (id.StartsWith("PG", StringComparison.Ordinal)
                || ReportReader.BackEndOf(council, id, b => adapters.IsUnavailable(b) || adapters.Has<IUpdateSender>(b)) is not { } owner
                || (await reports.HiddenAsync(owner, [id], client, ct)).Count > 0)
                return default;
            return (null, owner, 0);
        }

        if (!client.MaySee(alias.Private, alias.ClientId))
            return default;

        var (backEnd, deliveryId) = await destinations.OfAsync(council, alias.ReportId, alias.Revision, ct);
        return (alias, backEnd, deliveryId);
    }

    /// <summary>Reads the required arguments of an update. Missing and invalid ones are added to the problems of the arguments.</summary>
    private static (string Id, string UpdateId, string Status, DateTimeOffset? Updated) Required(Parameters arguments, bool strict, ref string? warning)
    {
        var (id, updateId) = (arguments.Line("service_request_id"), arguments.Line("update_id") ?? arguments.Line("update_id_ext"));
        var status = arguments.Line("status")?.ToUpperInvariant();
        if (id is null)
            arguments.Missing("service_request_id");
        if (updateId is null)
            arguments.Missing("update_id");
        if (status is null)
            arguments.Missing("status");
        else if (!StatusWords.IsKnown(status.ToLowerInvariant()))
            arguments.Problem($"status {status} is not known.");
        return (id ?? "", updateId ?? "", status ?? "", ReportFilter.Time(arguments, "updated_datetime", strict, ref warning));
    }
}
