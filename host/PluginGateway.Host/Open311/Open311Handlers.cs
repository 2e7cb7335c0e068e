namespace PluginGateway.Host.Open311;

/// <summary>Passes a call to the handler of its resource.</summary>
internal sealed class Open311Handlers(
    DiscoveryHandler discovery, ServicesHandler services, PostReportHandler postReport, ReportsHandler reports, UpdatesHandler updates, MediaHandler media)
{
    public Task<Open311Response> AnswerAsync(Open311Request call) => HttpMethods.IsPost(call.Http.Request.Method) ? PostAsync(call) : GetAsync(call);

    private Task<Open311Response> PostAsync(Open311Request call) => call.Target.Resource switch
    {
        Open311Resource.Requests => postReport.HandleAsync(call),
        Open311Resource.Updates => updates.PostAsync(call),
        _ => throw NoHandler(call),
    };

    private async Task<Open311Response> GetAsync(Open311Request call) => call.Target.Resource switch
    {
        Open311Resource.Page => discovery.Page(call),
        Open311Resource.Discovery => await discovery.DiscoveryAsync(call),
        Open311Resource.Services => await services.ListAsync(call),
        Open311Resource.Service => await services.DefinitionAsync(call),
        Open311Resource.Requests => await reports.ListAsync(call),
        Open311Resource.Request => await reports.OneAsync(call),
        Open311Resource.Token => await reports.TokenAsync(call),
        Open311Resource.Updates => await updates.ListAsync(call),
        Open311Resource.Media => await media.GetAsync(call),
        Open311Resource.UpdateToken => Open311Response.NotFound("token", call.Target.Id),
        _ => throw NoHandler(call),
    };

    private static InvalidOperationException NoHandler(Open311Request call) => new($"{call.Http.Request.Method} {call.Target.Resource} has no handler.");
}
