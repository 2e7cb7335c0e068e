using Microsoft.AspNetCore.Authorization;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>Specifies who may use a page, as an authorization requirement for <see cref="NeedsHandler"/>. A page without it is served to nobody.</summary>
/// <param name="toView">The lowest role that may view the page.</param>
/// <param name="toChange">The lowest role that may post to the page; by default the role that may view it.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsAttribute(Role toView, Role toChange = Role.None)
    : Attribute, IAuthorizeData, IAuthorizationRequirement, IAuthorizationRequirementData
{
    public Role ToView => toView;

    public Role ToChange => toChange > toView ? toChange : toView;

    /// <summary>Whether only accounts for all councils may use the page, because it shows data of every council.</summary>
    public bool AllCouncils { get; init; }

    /// <summary>Whether accounts that must have a second factor may use the page before they have one.</summary>
    public bool BeforeSecondFactor { get; init; }

    /// <summary>Replaces the fallback policy, which allows nobody.</summary>
    string? IAuthorizeData.Policy
    {
        get => AccessPolicies.Stated;
        set => throw new NotSupportedException();
    }

    string? IAuthorizeData.Roles { get; set; }

    string? IAuthorizeData.AuthenticationSchemes { get; set; }

    public Role For(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ToView : ToChange;

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];
}
