using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace PluginGateway.Admin.Access;

/// <summary>The site's authorization: each page states who may use it, and one that does not is served to nobody.</summary>
internal static class AccessPolicies
{
    /// <summary>The policy of a page that states who may use it; what it states decides.</summary>
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

    /// <summary>Whether a call has reached a page. One that leads nowhere goes on, to be answered with 404 or 405.</summary>
    private static bool IsPage(object? resource) =>
        resource is HttpContext http && http.GetEndpoint()?.Metadata.GetMetadata<PageActionDescriptor>() is not null;
}
