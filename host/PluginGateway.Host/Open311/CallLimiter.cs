using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Applies the limits of calls: those of a client by its key, and all others by their address. A key in a form is known only after the form has been read.
/// </summary>
internal sealed class CallLimiter(ApiKeys keys, CallLimits limits, BodySlots slots)
{
    /// <summary>
    /// Waits until the body of a call may be read. Small bodies are read at once. A call with an invalid key in its URL or headers is refused; one without
    /// is refused if too many such calls from its address have turned out to have no valid key in their forms either.
    /// </summary>
    /// <returns>The slot of the body, which must be disposed when the call ends, or the response that refuses the call.</returns>
    public async ValueTask<(IDisposable? Slot, Open311Response? Refusal)> BeforeBodyAsync(HttpContext http, Open311Target target)
    {
        var address = CallerAddress.Of(http);
        var key = Open311Request.EarlyKey(http, target);
        var isKnown = key is not null && await keys.FindAsync(key, http.RequestAborted) is not null;
        if (key is not null && !isKnown)
            return (null, limits.Count(CallKind.PostsOfAddress, address) is { } later ? TooManyWithoutKey(later) : ApiRequestContext.InvalidKey);
        if (!isKnown && limits.Find(CallKind.PostsOfAddress, address) is { } retryAfter)
            return (null, TooManyWithoutKey(retryAfter));
        if (http.Request.ContentLength <= BodySlots.SmallBytes)
            return (null, null);

        var slot = await slots.TakeAsync(address, http.RequestAborted);
        return slot is not null
            ? (slot, null)
            : (null, Open311Response.TooMany("Too many large requests are being received at the same time. Repeat the request later.", BodySlots.MaxWait));
    }

    /// <summary>Finds the client of a call and counts the call.</summary>
    /// <returns>The response that refuses the call; null if it is within the limits.</returns>
    public async ValueTask<Open311Response?> CountAsync(Open311Request call)
    {
        var key = call.Key();
        call.KeyHolder = key is null ? null : await keys.FindAsync(key, call.Aborted);
        var isPost = HttpMethods.IsPost(call.Http.Request.Method);
        if (call.KeyHolder is { } client)
            return limits.Count(isPost ? CallKind.PostsOfKey : CallKind.ReadsOfKey, (UInt128)client.KeyId) is { } later
                ? Open311Response.TooMany("Too many requests with this key. Repeat the request later.", later)
                : null;

        var kind = isPost ? CallKind.PostsOfAddress : IsPrepared(call.Target.Resource) ? CallKind.ServicesOfAddress : CallKind.ReadsOfAddress;
        return limits.Count(kind, CallerAddress.Of(call.Http)) is { } retryAfter ? TooManyWithoutKey(retryAfter) : null;
    }

    /// <summary>Whether the response is rendered once and costs hardly more than a refusal.</summary>
    private static bool IsPrepared(Open311Resource resource) =>
        resource is Open311Resource.Services or Open311Resource.Service or Open311Resource.Discovery or Open311Resource.Page;

    private static Open311Response TooManyWithoutKey(TimeSpan retryAfter) =>
        Open311Response.TooMany("Too many requests without a valid API key from this address. Repeat the request later, or send a key.", retryAfter);
}
