using PluginGateway.Core.Updates;

namespace PluginGateway.Host.Open311;

/// <summary>Handles GET of a picture that a council sent within an update. Clients find its link in <c>media_url</c>.</summary>
internal sealed class MediaHandler(UpdatePictures pictures)
{
    public async Task<Open311Response> GetAsync(Open311Request call)
    {
        var (council, refusal) = ApiRequestContext.Find(call);
        if (council is null)
            return refusal!;
        return await pictures.FindAsync(council.JurisdictionId, call.Target.Id, call.Aborted) is { } picture
            ? new Open311Response.File(picture.Content, picture.Type)
            : Open311Response.NotFound("media", call.Target.Id);
    }
}
