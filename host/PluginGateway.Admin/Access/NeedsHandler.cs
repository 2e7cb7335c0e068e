using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>Decides who may use a page, before any of its code runs.</summary>
internal sealed class NeedsHandler(IOptions<AdminOptions> options) : AuthorizationHandler<NeedsAttribute>
{
    /// <summary>The failure reason for a page that must stay hidden: another council's page is treated like one that does not exist.</summary>
    public const string Hidden = "hidden";

    /// <summary>The failure reason for an account that has to set up its second factor first.</summary>
    public const string NoSecondFactor = "no second factor";

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
            context.Fail(new AuthorizationFailureReason(this, Hidden));
        else if (options.Value.RequireSecondFactor && !actor.HasSecondFactor && !requirement.BeforeSecondFactor)
            context.Fail(new AuthorizationFailureReason(this, NoSecondFactor));
        else if (actor.May(role))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
