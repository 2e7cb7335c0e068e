using System.Net.Http.Headers;

namespace PluginGateway.Core.Clients;

/// <summary>The key that a client sends with a call.</summary>
internal static class ClientKeys
{
    /// <summary>The key in a header of a request.</summary>
    public static string? Find(HttpRequest request)
    {
        if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return header.Parameter ?? "";
        return request.Headers["X-Api-Key"].FirstOrDefault() is { Length: > 0 } own ? own : null;
    }
}
