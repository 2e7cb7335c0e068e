using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using PluginGateway.Admin.Pages.Accounts;

namespace PluginGateway.Admin.Access;

/// <summary>
/// Responds to a request that is not allowed: with a redirect to sign-in or to the set-up of the second factor, with 403, or with 404 if the page must stay
/// hidden.
/// </summary>
internal sealed class AccessResultHandler : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _default = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Forbidden)
            return _default.HandleAsync(next, context, policy, authorizeResult);

        var reasons = authorizeResult.AuthorizationFailure?.FailureReasons.Select(r => r.Message).ToList() ?? [];
        if (reasons.Contains(NeedsHandler.NoSecondFactor))
        {
            context.Response.Redirect(SecondFactorModel.Address);
            return Task.CompletedTask;
        }

        context.Response.StatusCode = !reasons.Contains(NeedsHandler.Hidden) ? StatusCodes.Status403Forbidden : StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
