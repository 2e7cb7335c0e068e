using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Finds out which council a call is for, and whether its key may.</summary>
internal sealed class ApiRequestContext(ApiKeys keys)
{
    private static readonly Open311Response InvalidKey = Open311Response.Error(
        StatusCodes.Status403Forbidden, "Invalid or missing api_key.", ErrorCodes.KeyWrong);

    /// <summary>The council, or the answer that says why there is none. Other jurisdictions are never named.</summary>
    public static (Council? Council, Open311Response? Refusal) Find(Open311Request call)
    {
        var given = call.Arguments.One("jurisdiction_id");
        if (call.Arguments.Problems.Count > 0)
            return (null, Open311Response.BadRequest(call.Arguments.Problems));

        var name = call.Target.Council ?? given;
        if (name is null)
            return call.Councils.Councils is [var only]
                ? (only, null)
                : (null, Open311Response.Missing("jurisdiction_id"));

        var council = call.Councils.Find(name);
        if (council is null)
            return (null, Open311Response.NotFound("jurisdiction_id", name));
        if (given is not null && !ReferenceEquals(call.Councils.Find(given), council))
            return (null, Open311Response.NotFound("jurisdiction_id", given));
        return (council, null);
    }

    /// <summary>The client whose key came with the call, if it may use the council.</summary>
    private async ValueTask<ApiClient?> ClientAsync(Open311Request call, Council council)
    {
        if (await keys.FindAsync(call.Key(), call.Aborted) is not { MayReport: true } client || !client.MayUse(council.JurisdictionId))
            return null;
        call.Profile = client.Profile;
        return client;
    }

    /// <summary>The council of a call that everybody may make; a key only says how its client wants the answer.</summary>
    public async ValueTask<(Council? Council, Open311Response? Refusal)> ForAllAsync(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is not null && call.Key() is not null)
            await ClientAsync(call, council);
        return (council, refusal);
    }

    /// <summary>Council and client of a call that needs a key.</summary>
    public async ValueTask<ApiCaller> ForWritingAsync(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is null)
            return new ApiCaller(null!, null, refusal);

        var client = await ClientAsync(call, council);
        return new ApiCaller(council, client, client is null ? InvalidKey : null);
    }

    /// <summary>Council and client of a call that reads reports: open to all, unless the council wants a key.</summary>
    public async ValueTask<ApiCaller> ForReadingAsync(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is null)
            return new ApiCaller(null!, null, refusal);

        var client = await ClientAsync(call, council);
        return new ApiCaller(council, client, client is null && council.KeyForReads ? InvalidKey : null);
    }
}

/// <summary>For which council a call is and who makes it; or the answer that says why not, and then nothing else counts.</summary>
internal readonly record struct ApiCaller(Council Council, ApiClient? Client, Open311Response? Refusal);
