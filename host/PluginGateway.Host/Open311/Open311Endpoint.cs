using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Open311;

/// <summary>
/// The entry point of Open311 calls: reads target and arguments, calls the handler and sends its response. Every response, including every error,
/// is an Open311 response.
/// </summary>
internal sealed class Open311Endpoint(
    CouncilDirectory councils, Open311Handlers handlers, FormParser forms, CallLimiter limiter, IOptions<Open311Options> options,
    ILogger<Open311Endpoint> log)
{
    /// <summary>
    /// The maximum length of a request target. The server's limit is twice as high, so that this endpoint can refuse a longer target in the
    /// requested format.
    /// </summary>
    private const int MaxTargetLength = 64 << 10;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    public async Task HandleAsync(HttpContext http)
    {
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var target = Open311Target.Parse(raw);
        Open311Response answer;
        try
        {
            answer = raw.Length > MaxTargetLength
                ? Open311Response.Error(StatusCodes.Status414UriTooLong, $"The address is longer than {MaxTargetLength >> 10} KB.")
                : await AnswerAsync(http, target);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (SpoolException e)
        {
            log.CannotSpool(http.TraceIdentifier, e.InnerException!.Message);
            answer = Open311Response.Unavailable(RetryDelay);
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            log.DatabaseUnavailable(http.TraceIdentifier, DatabaseErrors.Describe(e));
            answer = Open311Response.Unavailable(RetryDelay);
        }
#pragma warning disable CA1031 // The exception handler of the endpoint. Clients must not see details of the exception.
        catch (Exception e)
        {
            log.CallFailed(http.TraceIdentifier, e);
            answer = Open311Response.Error(
                StatusCodes.Status500InternalServerError, $"An internal error occurred. The request id is {http.TraceIdentifier}.");
        }
#pragma warning restore CA1031

        await ResponseSender.SendAsync(http, target, answer, options.Value);
    }

    private async Task<Open311Response> AnswerAsync(HttpContext http, Open311Target target)
    {
        if (Refusal(http, target) is { } refused)
        {
            LogRefusal(http, target, refused, council: null);
            return refused;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
            return await AnswerAsync(http, target, form: null);

        var (slot, tooMany) = await limiter.BeforeBodyAsync(http, target);
        if (slot is not null)
            http.Response.RegisterForDispose(slot);
        var (form, refusal) = tooMany is null ? await forms.ReadAsync(http) : (null, tooMany);
        if (slot is not null)
            form = form is null ? null : form with { Held = [.. form.Held, slot] };
        if (refusal is null)
            return await AnswerAsync(http, target, form);

        LogRefusal(http, target, refusal, council: null);
        return refusal;
    }

    private async Task<Open311Response> AnswerAsync(HttpContext http, Open311Target target, FormFields? form)
    {
        var call = new Open311Request(http, target, new Parameters(http.Request.Query.ToDictionary(StringComparer.OrdinalIgnoreCase), form), councils.Current);
        var answer = await limiter.CountAsync(call) ?? await handlers.AnswerAsync(call);
        if (answer is Open311Response.Failed)
            LogRefusal(http, target, answer, ApiRequestContext.Find(call).Council);
        return call.Profile == ClientProfile.None ? answer : answer with { Profile = call.Profile };
    }

    /// <summary>Logs a call that the client got wrong, without its texts. A refused report does not reach the council until the client corrects it.</summary>
    private void LogRefusal(HttpContext http, Open311Target target, Open311Response answer, Council? council)
    {
        if (answer is Open311Response.Failed { Status: >= 400 and < 500, Errors: [var first, ..] })
            log.CallRefused(
                HttpMethods.IsPost(http.Request.Method) ? LogLevel.Warning : LogLevel.Information, http.Request.Method, target.Resource,
                council?.JurisdictionId ?? "unknown", answer.Status, first.Code);
    }

    /// <summary>Returns the response to a call that is refused or answered without reading its arguments; null for a call that has a handler.</summary>
    private Open311Response? Refusal(HttpContext http, Open311Target target)
    {
        if (options.Value.RequireHttps && !http.Request.IsHttps)
            return Open311Response.Error(StatusCodes.Status403Forbidden, "Use HTTPS.", ErrorCodes.HttpsOnly);
        if (target.Resource == Open311Resource.Unknown)
            return Open311Response.Error(
                StatusCodes.Status404NotFound, "Nothing exists at this address. Addresses end in .xml or .json.", ErrorCodes.NoSuchAddress);

        var method = http.Request.Method;
        if (HttpMethods.IsOptions(method))
            return new Open311Response.Empty { Status = StatusCodes.Status204NoContent };
        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || (HttpMethods.IsPost(method) && target.AllowsPost)
            ? null
            : Open311Response.Error(StatusCodes.Status405MethodNotAllowed, $"{method} is not allowed at this address.");
    }
}
