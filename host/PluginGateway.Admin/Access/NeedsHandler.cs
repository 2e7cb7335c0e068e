using Microsoft.AspNetCore.Authorization;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>Decides who may use a page, before anything of it runs.</summary>
internal sealed class NeedsHandler : AuthorizationHandler<NeedsAttribute>
{
    /// <summary>What an account may not know of is not there for it: another council's page is answered like one that no council has.</summary>
    public const string NotThere = "not there";

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, NeedsAttribute requirement)
    {
        if (context.Resource is not HttpContext http)
            return Task.CompletedTask;

        var role = requirement.For(http.Request.Method);
        if (role == Role.None)
            context.Succeed(requirement);
        else if (Actor.Of(context.User) is not { } actor)
            context.Fail();
        else if ((http.Request.RouteValues["council"] is string council && !actor.Sees(council)) || (requirement.AllCouncils && !actor.SeesAll))
            context.Fail(new AuthorizationFailureReason(this, NotThere));
        else if (actor.May(role))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
