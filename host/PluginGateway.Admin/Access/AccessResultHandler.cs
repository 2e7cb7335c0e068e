using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace PluginGateway.Admin.Access;

/// <summary>Answers a call that may not be made: by sign-in, 403, or 404 for what its account may not know of.</summary>
internal sealed class AccessResultHandler : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _usual = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Forbidden)
            return _usual.HandleAsync(next, context, policy, authorizeResult);

        var isThere = authorizeResult.AuthorizationFailure?.FailureReasons.All(r => r.Message != NeedsHandler.NotThere) ?? true;
        context.Response.StatusCode = isThere ? StatusCodes.Status403Forbidden : StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
