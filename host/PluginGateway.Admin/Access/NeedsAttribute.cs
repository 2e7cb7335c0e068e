using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Access;

/// <summary>Who may use a page. Every page has one; a page without is served to nobody.</summary>
/// <param name="toLook">The least role that sees it.</param>
/// <param name="toChange">The least role that may post to it; without it, the same.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsAttribute(Role toLook, Role toChange = Role.None) : Attribute
{
    public Role ToLook => toLook;

    public Role ToChange => toChange > toLook ? toChange : toLook;

    /// <summary>Only accounts that are for all councils: there is something of every council on it.</summary>
    public bool AllCouncils { get; init; }

    public Role For(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ToLook : ToChange;
}
