using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>
/// Decides who may use a page, before anything of it runs. What an account may not know of is not there for it: another council's page is answered
/// like one that no council has.
/// </summary>
internal sealed class AccessFilter(NeedsAttribute needs) : IAuthorizationFilter
{
    public void OnAuthorization(AuthorizationFilterContext context)
    {
        var http = context.HttpContext;
        var role = needs.For(http.Request.Method);
        if (role == Role.None)
            return;

        if (http.Features.Get<Actor>() is not { } actor)
            context.Result = new LocalRedirectResult(SignInAddress(http.Request));
        else if ((context.RouteData.Values["council"] is string council && !actor.Sees(council)) || (needs.AllCouncils && !actor.SeesAll))
            context.Result = new NotFoundResult();
        else if (!actor.May(role))
            context.Result = new StatusCodeResult(StatusCodes.Status403Forbidden);
    }

    /// <summary>Sign-in, and back from there to what was asked for; a form that was filled in is lost, its page is not.</summary>
    private static string SignInAddress(HttpRequest request) => "/admin/sign-in" + QueryString.Create("to", request.Path + request.QueryString);
}
