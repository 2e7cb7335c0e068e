using System.Reflection;
using PluginGateway.Admin;
using PluginGateway.Core;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>The folders of the host build on each other in one order: a type uses its own folder and those before it.</summary>
public sealed class LayoutTests
{
    private static readonly string[] Order =
    [
        "PluginGateway.Contracts",
        "PluginGateway.PluginHosting",
        "PluginGateway.Core.Storage",
        "PluginGateway.Core.Background",
        "PluginGateway.Core.Reports",
        "PluginGateway.Core.Auditing",
        "PluginGateway.Core.Templates",
        "PluginGateway.Core.Attachments",
        "PluginGateway.Core.Councils",
        "PluginGateway.Core.Cluster",
        "PluginGateway.Core.Clients",
        "PluginGateway.Core.Search",
        "PluginGateway.Core.Adapters",
        "PluginGateway.Core.Catalogues",
        "PluginGateway.Core.Email",
        "PluginGateway.Core.Plugins",
        "PluginGateway.Core.Sending",
        "PluginGateway.Core.Updates",
        "PluginGateway.Core.Operating",
        "PluginGateway.Core.Alerts",
        "PluginGateway.Core.Retention",
        "PluginGateway.Core",
        "PluginGateway.Admin",
        "PluginGateway.Host.Telemetry",
        "PluginGateway.Host.Open311",
        "PluginGateway.Host",
        "PluginGateway.Host.Commands",
    ];

    private static readonly Assembly[] Assemblies = [typeof(PluginCatalog).Assembly, typeof(CoreServices).Assembly, typeof(AdminServices).Assembly, typeof(Gateway).Assembly];

    [Fact]
    public void A_type_uses_only_its_own_folder_and_those_before_it() => Assert.Empty(
        from type in Types()
        from used in TypeUses.Of(type)
        where FolderOf(used) > FolderOf(type)
        select $"{type.FullName} uses {used.FullName}");

    [Fact]
    public void Every_type_is_in_a_folder_of_the_order() => Assert.Empty(Types().Where(t => FolderOf(t) < 0).Select(t => t.FullName));

    [Fact]
    public void Every_folder_of_the_order_has_types() =>
        Assert.Empty(Order.Skip(1).Where((_, n) => Types().All(t => FolderOf(t) != n + 1)));

    /// <summary>What the compiler makes for a whole assembly has no folder.</summary>
    private static IEnumerable<Type> Types() => Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace?.StartsWith("PluginGateway.", StringComparison.Ordinal) == true);

    /// <summary>The place of a type's folder in the order; the deepest that fits. -1 for types of others.</summary>
    private static int FolderOf(Type type)
    {
        var name = type.Namespace ?? "";
        while (name.Length > 0)
        {
            if (Array.IndexOf(Order, name) is >= 0 and var place)
                return place;
            name = name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : "";
        }

        return -1;
    }
}
