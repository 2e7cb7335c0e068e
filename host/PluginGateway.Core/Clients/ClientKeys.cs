using System.Net.Http.Headers;

namespace PluginGateway.Core.Clients;

/// <summary>Reads the API key of a request.</summary>
internal static class ClientKeys
{
    /// <summary>Returns the key in the request's headers, or null if there is none.</summary>
    public static string? Find(HttpRequest request)
    {
        if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return header.Parameter ?? "";
        return request.Headers["X-Api-Key"].FirstOrDefault() is { Length: > 0 } key ? key : null;
    }
}
