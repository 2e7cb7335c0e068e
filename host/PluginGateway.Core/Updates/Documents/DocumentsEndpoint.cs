using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Accepts uploads of documents, as the body with <c>?name=</c> or as a file of a form. A document is stored before the response is sent, and read later.
/// </summary>
internal sealed class DocumentsEndpoint(
    CouncilDirectory councils, ApiKeys keys, CallLimits limits, BodySlots slots, DocumentStore documents, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, ILogger<DocumentsEndpoint> log)
{
    /// <summary>The source of exceptions from the form reader, which distinguishes an incomplete form from a full disk.</summary>
    private const string FormReader = "Microsoft.AspNetCore.WebUtilities";

    public async Task<IResult> HandleAsync(HttpContext http, string council, string backend)
    {
        try
        {
            // A form adds boundaries and headers to the file.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = options.Value.MaxDocumentBytes + (64 << 10);
            return await AcceptAsync(http, council, backend);
        }
        catch (DocumentTooLongException e)
        {
            return Problem(StatusCodes.Status413PayloadTooLarge, e.Message);
        }
        catch (Exception e) when (e.Source == FormReader && e is not SpoolException and (IOException or InvalidDataException or ArgumentOutOfRangeException))
        {
            return Problem(StatusCodes.Status400BadRequest, "The upload is incomplete or malformed.");
        }
        catch (BadHttpRequestException e)
        {
            return Problem(
                e.StatusCode,
                e.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? $"The document is longer than the limit of {options.Value.MaxDocumentBytes >> 10} KB."
                    : "The upload is incomplete or malformed.");
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        catch (Exception e) when (e is SpoolException || DatabaseErrors.IsDatabaseError(e))
        {
            log.UploadFailed(http.TraceIdentifier, e);
            http.Response.Headers.RetryAfter = "30";
            return Problem(StatusCodes.Status503ServiceUnavailable, "The gateway cannot store documents at the moment. Send the document again later.");
        }
#pragma warning disable CA1031 // The HTTP exception handler: no detail of the exception reaches the caller.
        catch (Exception e)
        {
            log.UploadFailed(http.TraceIdentifier, e);
            return Problem(
                StatusCodes.Status500InternalServerError, $"The upload failed because of an internal error. The request id is {http.TraceIdentifier}.");
        }
#pragma warning restore CA1031
    }

    private static IResult Problem(int status, string message) => Results.Text(
        new System.Text.Json.Nodes.JsonObject { ["error"] = message }.ToJsonString(), "application/json", System.Text.Encoding.UTF8, status);

    private static IResult TooMany(HttpContext http, string message, TimeSpan retryAfter)
    {
        http.Response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Problem(StatusCodes.Status429TooManyRequests, message);
    }

    private async Task<IResult> AcceptAsync(HttpContext http, string council, string name)
    {
        var client = await keys.FindAsync(ClientKeys.Find(http.Request), http.RequestAborted);
        if (Count(http, client) is { } later)
            return TooMany(http, "There are too many uploads. Send the document again later.", later);
        var found = councils.Current.Find(council);
        // The check uses the jurisdiction id, because an alias of one council may be the id of another.
        if (client is null || !client.MayUpload || !client.MayUse(found?.JurisdictionId ?? councils.Current.FindAbsent(council)?.Council ?? council))
            return Problem(
                StatusCodes.Status403Forbidden,
                "The API key is missing, invalid or not allowed to upload documents of this council. Send it as \"Authorization: Bearer KEY\".");
        if (found is null && councils.Current.FindAbsent(council) is not null)
        {
            http.Response.Headers.RetryAfter = "60";
            return Problem(StatusCodes.Status503ServiceUnavailable, "The council is temporarily unavailable. Send the document again later.");
        }

        if (found?.BackEnds.GetValueOrDefault(name) is not { } backEnd)
            return Problem(StatusCodes.Status404NotFound, "The council has no such back end.");
        if (!adapters.IsUnavailable(backEnd) && !adapters.Has<IDocumentReader>(backEnd))
            return Problem(StatusCodes.Status400BadRequest, $"{backEnd.Name} does not accept documents.");

        using var slot = await slots.TakeAsync(CallerAddress.Of(http), http.RequestAborted);
        return slot is null
            ? TooMany(http, "Too many documents are being received at the same time. Send the document again later.", BodySlots.MaxWait)
            : await SaveAsync(http, backEnd);
    }

    /// <summary>Counts an upload.</summary>
    /// <returns>The time after which the caller can upload again; null if the upload is within the limits.</returns>
    private TimeSpan? Count(HttpContext http, ApiClient? client) => client is null
        ? limits.Count(CallKind.PostsOfAddress, CallerAddress.Of(http))
        : limits.Count(CallKind.PostsOfKey, (UInt128)client.KeyId);

    private async Task<IResult> SaveAsync(HttpContext http, BackEnd backEnd)
    {
        var (content, fileName) = await ContentAsync(http);
        if (content is null)
            return Problem(StatusCodes.Status400BadRequest, "The form contains no file.");
        var (id, known) = await documents.SaveAsync(backEnd, http.Request.Query["name"].FirstOrDefault() ?? fileName ?? "upload", content, http.RequestAborted);
        return Results.Text(
            new System.Text.Json.Nodes.JsonObject { ["document"] = id, ["known"] = known }.ToJsonString(), "application/json", System.Text.Encoding.UTF8,
            known ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    /// <summary>Returns the body, or the first file of a form, without buffering it.</summary>
    private static async Task<(Stream? Content, string? Name)> ContentAsync(HttpContext http)
    {
        // curl --data-binary sends every body with the content type of a URL-encoded form.
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return (http.Request.Body, null);
        if (!type.Boundary.HasValue)
            return (null, null);

        var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).Value!, http.Request.Body);
        while (await reader.ReadNextSectionAsync(http.RequestAborted) is { } section)
            if (section.AsFileSection() is { FileStream: { } file, FileName: var fileName })
                return (file, fileName);
        return (null, null);
    }
}
