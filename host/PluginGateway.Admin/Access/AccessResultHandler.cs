using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace PluginGateway.Admin.Access;

/// <summary>Responds to a request that is not allowed: with a redirect to sign-in, with 403, or with 404 if the page must stay hidden.</summary>
internal sealed class AccessResultHandler : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _default = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Forbidden)
            return _default.HandleAsync(next, context, policy, authorizeResult);

        var isVisible = authorizeResult.AuthorizationFailure?.FailureReasons.All(r => r.Message != NeedsHandler.Hidden) ?? true;
        context.Response.StatusCode = isVisible ? StatusCodes.Status403Forbidden : StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
