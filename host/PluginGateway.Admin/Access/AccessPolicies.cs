using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace PluginGateway.Admin.Access;

/// <summary>The authorization of the site. Each page specifies who may use it; a page that does not is served to nobody.</summary>
internal static class AccessPolicies
{
    /// <summary>The policy of pages with a <see cref="NeedsAttribute"/>: only the attribute's requirement decides.</summary>
    public const string Stated = "stated";

    public static void AddAccess(this IServiceCollection services)
    {
        services.AddAuthorization(static options =>
        {
            options.AddPolicy(Stated, static policy => policy.RequireAssertion(static _ => true));
            options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAssertion(static context => !IsPage(context.Resource)).Build();
        });
        services.AddSingleton<IAuthorizationHandler, NeedsHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessResultHandler>();
    }

    /// <summary>Whether a request matches a page. Other requests continue and receive 404 or 405.</summary>
    private static bool IsPage(object? resource) =>
        resource is HttpContext http && http.GetEndpoint()?.Metadata.GetMetadata<PageActionDescriptor>() is not null;
}
