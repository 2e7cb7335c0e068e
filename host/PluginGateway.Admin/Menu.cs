using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

/// <summary>The main menu.</summary>
internal static class Menu
{
    private static readonly (string Title, string Address, Role Needs, bool AllCouncils)[] All =
    [
        ("Home", AdminMiddleware.Root, Role.Viewer, false),
        ("Reports", "/admin/reports", Role.Viewer, false),
        ("E-mail templates", "/admin/templates", Role.Operator, true),
        ("Plug-ins", "/admin/plug-ins", Role.Viewer, true),
        ("Clients", "/admin/clients", Role.Admin, true),
        ("People", "/admin/people", Role.Admin, true),
        ("Audit log", "/admin/audit", Role.Viewer, false),
        ("Accounts", "/admin/accounts", Role.Admin, true),
    ];

    public static IEnumerable<(string Title, string Address)> For(Actor actor) =>
        All.Where(i => actor.May(i.Needs) && (!i.AllCouncils || actor.SeesAll)).Select(i => (i.Title, i.Address));

    public static bool IsAt(string address, PathString path) =>
        address == AdminMiddleware.Root ? path == AdminMiddleware.Root : path.StartsWithSegments(address, StringComparison.Ordinal);
}
