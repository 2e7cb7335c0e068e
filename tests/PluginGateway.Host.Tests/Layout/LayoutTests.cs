using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using PluginGateway.Admin;
using PluginGateway.Contracts;
using PluginGateway.Core;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>The folders of the host build on each other in one order: a type uses its own folder and those before it.</summary>
public sealed partial class LayoutTests
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

    private static readonly Assembly[] Assemblies = [typeof(PluginCatalog).Assembly, typeof(CoreServices).Assembly, typeof(AdminServices).Assembly,
        typeof(Gateway).Assembly];

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

    [Fact]
    public void The_way_of_a_report_is_as_short_as_its_page_says()
    {
        var page = SourceTree.Lines("host/PluginGateway.Core/README.md").ToList();
        var borders = page.Select(l => Border().Match(l)).Where(m => m.Success).ToList();

        Assert.InRange(page.Count, 1, 25);
        Assert.InRange(borders.Count, 5, 12);
        Assert.Equal(Enumerable.Range(1, borders.Count).Select(n => n.ToString(CultureInfo.InvariantCulture)), borders.Select(m => m.Groups["number"].Value));
        Assert.All(borders, border =>
        {
            var (from, to, name) = (border.Groups["from"].Value, border.Groups["to"].Value, border.Groups["type"].Value);
            var type = Assert.Single(Types().Append(typeof(IRequestSender)), t => t.Name == name);
            Assert.True(to.Length == 0 || type.Namespace!.Split('.').Contains(to), $"{name} is not in {to}.");
            Assert.Contains(type.GetMethods(BindingFlags.Instance | BindingFlags.Public), m => m.Name == border.Groups["method"].Value);
            // The plug-in is called by the delegate that the folder is given.
            Assert.True(
                to.Length == 0 || Types().Any(t => t.Namespace!.Split('.').Contains(from) && TypeUses.Of(t).Contains(type)), $"{from} does not use {name}.");
        });
    }

    /// <summary>What the compiler makes for a whole assembly has no folder.</summary>
    private static IEnumerable<Type> Types() =>
        Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace?.StartsWith("PluginGateway.", StringComparison.Ordinal) == true);

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

    [GeneratedRegex(
        @"^(?<number>\d+)\. `(?<from>\w+)` → (`(?<to>\w+)`|the plug-in): `(?<type>\w+)\.(?<method>\w+)`",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Border();
}
