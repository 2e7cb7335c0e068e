using Microsoft.AspNetCore.Authorization;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>Who may use a page: an authorization requirement that <see cref="NeedsHandler"/> decides. A page without one is served to nobody.</summary>
/// <param name="toLook">The least role that sees it.</param>
/// <param name="toChange">The least role that may post to it; without it, the same.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsAttribute(Role toLook, Role toChange = Role.None)
    : Attribute, IAuthorizeData, IAuthorizationRequirement, IAuthorizationRequirementData
{
    public Role ToLook => toLook;

    public Role ToChange => toChange > toLook ? toChange : toLook;

    /// <summary>Only accounts that are for all councils: there is something of every council on it.</summary>
    public bool AllCouncils { get; init; }

    /// <summary>Takes the place of the policy that lets nobody in.</summary>
    string? IAuthorizeData.Policy
    {
        get => AccessPolicies.Stated;
        set => throw new NotSupportedException();
    }

    string? IAuthorizeData.Roles { get; set; }

    string? IAuthorizeData.AuthenticationSchemes { get; set; }

    public Role For(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ToLook : ToChange;

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];
}
