using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Takes uploads of documents: as the body, with <c>?name=</c>, or as a file of a form. It is stored when the answer goes out, and read after.
/// </summary>
internal sealed class DocumentsEndpoint(
    CouncilDirectory councils, ApiKeys keys, DocumentStore documents, AdapterCaller adapters, IOptions<UpdatesOptions> options, ILogger<DocumentsEndpoint> log)
{
    /// <summary>Where it comes from tells a form that is cut off from a disk that is full.</summary>
    private const string FormReader = "Microsoft.AspNetCore.WebUtilities";

    public async Task<IResult> HandleAsync(HttpContext http, string council, string backend)
    {
        try
        {
            // A form has its boundaries around the file.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = options.Value.MaxDocumentBytes + (64 << 10);
            return await TakeAsync(http, council, backend);
        }
        catch (DocumentTooLongException e)
        {
            return Problem(StatusCodes.Status413PayloadTooLarge, e.Message);
        }
        catch (Exception e) when (e.Source == FormReader && e is (IOException or InvalidDataException or ArgumentOutOfRangeException))
        {
            return Problem(StatusCodes.Status400BadRequest, "The upload cannot be read.");
        }
        catch (BadHttpRequestException e)
        {
            return Problem(
                e.StatusCode,
                e.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? $"A document is at most {options.Value.MaxDocumentBytes >> 10} KB long."
                    : "The upload cannot be read.");
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            log.UploadFailed(http.TraceIdentifier, e);
            http.Response.Headers.RetryAfter = "30";
            return Problem(StatusCodes.Status503ServiceUnavailable, "The gateway cannot store anything at the moment. Send it again later.");
        }
#pragma warning disable CA1031 // The HTTP exception handler: nothing of the exception reaches the caller.
        catch (Exception e)
        {
            log.UploadFailed(http.TraceIdentifier, e);
            return Problem(StatusCodes.Status500InternalServerError, $"Something went wrong here. The number of this call is {http.TraceIdentifier}.");
        }
#pragma warning restore CA1031
    }

    private static IResult Problem(int status, string message) => Results.Text(
        new System.Text.Json.Nodes.JsonObject { ["error"] = message }.ToJsonString(), "application/json", System.Text.Encoding.UTF8, status);

    private async Task<IResult> TakeAsync(HttpContext http, string council, string name)
    {
        var client = await keys.FindAsync(ClientKeys.Find(http.Request), http.RequestAborted);
        var found = councils.Current.Find(council);
        // By its own name: an alias of a council may be another's key.
        if (client is null || !client.MayUpload || !client.MayUse(found?.JurisdictionId ?? council))
            return Problem(StatusCodes.Status403Forbidden, "Invalid or missing key: send one for documents of this council as \"Authorization: Bearer KEY\".");
        if (found?.BackEnds.GetValueOrDefault(name) is not { } backEnd)
            return Problem(StatusCodes.Status404NotFound, "There is no such back end.");
        if (!adapters.IsUnavailable(backEnd) && !adapters.Has<IDocumentReader>(backEnd))
            return Problem(StatusCodes.Status400BadRequest, $"{backEnd.Name} reads no documents.");

        var (content, fileName) = await ContentAsync(http);
        if (content is null)
            return Problem(StatusCodes.Status400BadRequest, "The form has no file.");
        var (id, known) = await documents.SaveAsync(backEnd, http.Request.Query["name"].FirstOrDefault() ?? fileName ?? "upload", content, http.RequestAborted);
        return Results.Text(
            new System.Text.Json.Nodes.JsonObject { ["document"] = id, ["known"] = known }.ToJsonString(), "application/json", System.Text.Encoding.UTF8,
            known ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    /// <summary>The body, or the first file of a form, as it comes: nothing is buffered.</summary>
    private static async Task<(Stream? Content, string? Name)> ContentAsync(HttpContext http)
    {
        // curl --data-binary calls everything a url-encoded form.
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
