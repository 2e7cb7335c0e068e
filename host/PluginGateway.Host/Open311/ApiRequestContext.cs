using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Determines the council and the client of a call, and checks whether the client's key permits the call.</summary>
internal static class ApiRequestContext
{
    public static readonly Open311Response InvalidKey = Open311Response.Error(
        StatusCodes.Status403Forbidden, "Invalid or missing api_key.", ErrorCodes.KeyWrong);

    /// <summary>
    /// The response for a council that was live and has no valid file now. It is not "not found", because clients stop sending reports to a council that
    /// does not exist.
    /// </summary>
    private static readonly Open311Response Absent =
        Open311Response.Error(StatusCodes.Status503ServiceUnavailable, "The council is temporarily unavailable. Repeat the request later.") with
        {
            RetryAfter = TimeSpan.FromMinutes(1),
        };

    /// <summary>Returns the council, or the response that explains why there is none. The response never names other jurisdictions.</summary>
    public static (Council? Council, Open311Response? Refusal) Find(Open311Request call)
    {
        var given = call.Arguments.One("jurisdiction_id");
        if (call.Arguments.Problems.Count > 0)
            return (null, Open311Response.BadRequest(call.Arguments.Problems));

        var name = call.Target.Council ?? given;
        if (name is null)
            return call.Councils is { Councils: [var only], Absent.Count: 0 } ? (only, null)
                : call.Councils is { Councils: [], Absent: [_] } ? (null, Absent)
                : (null, Open311Response.Missing("jurisdiction_id"));

        var council = call.Councils.Find(name);
        if (council is null)
            return (null, call.Councils.FindAbsent(name) is null ? Open311Response.NotFound("jurisdiction_id", name) : Absent);
        if (given is not null && !ReferenceEquals(call.Councils.Find(given), council))
            return (null, Open311Response.NotFound("jurisdiction_id", given));
        return (council, null);
    }

    /// <summary>Returns the client of the call's key if the client may use the council; otherwise null.</summary>
    private static ApiClient? Client(Open311Request call, Council council)
    {
        if (call.KeyHolder is not { MayReport: true } client || !client.MayUse(council.JurisdictionId))
            return null;
        call.Profile = client.Profile;
        return client;
    }

    /// <summary>Returns the council of a public call. A key only selects the response profile of its client.</summary>
    public static (Council? Council, Open311Response? Refusal) ForAll(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is not null)
            Client(call, council);
        return (council, refusal);
    }

    /// <summary>Returns the council and the client of a call that requires a key.</summary>
    public static ApiCaller ForWriting(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is null)
            return new ApiCaller(null!, null, refusal);

        var client = Client(call, council);
        return new ApiCaller(council, client, client is null ? InvalidKey : null);
    }

    /// <summary>Returns the council and the client of a call that reads reports. Such a call is public unless the council requires a key.</summary>
    public static ApiCaller ForReading(Open311Request call)
    {
        var (council, refusal) = Find(call);
        if (council is null)
            return new ApiCaller(null!, null, refusal);

        var client = Client(call, council);
        return new ApiCaller(council, client, client is null && council.KeyForReads ? InvalidKey : null);
    }
}

/// <summary>The council and the client of a call, or the response that refuses it. The other values are valid only without a refusal.</summary>
internal readonly record struct ApiCaller(Council Council, ApiClient? Client, Open311Response? Refusal);
