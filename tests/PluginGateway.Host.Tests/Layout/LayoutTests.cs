using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using PluginGateway.Admin;
using PluginGateway.Contracts;
using PluginGateway.Core;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>Tests the order of the host's folders: a type may use only types of its own folder and of earlier ones.</summary>
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
    public void Types_use_only_their_own_folder_and_earlier_ones() => Assert.Empty(
        from type in Types()
        from used in TypeUses.Of(type)
        where FolderOf(used) > FolderOf(type)
        select $"{type.FullName} uses {used.FullName}");

    [Fact]
    public void Every_type_is_in_a_listed_folder() => Assert.Empty(Types().Where(t => FolderOf(t) < 0).Select(t => t.FullName));

    [Fact]
    public void Every_listed_folder_contains_types() =>
        Assert.Empty(Order.Skip(1).Where((_, n) => Types().All(t => FolderOf(t) != n + 1)));

    [Fact]
    public void Path_of_a_report_matches_the_readme()
    {
        var readme = SourceTree.Lines("host/PluginGateway.Core/README.md").ToList();
        var boundaries = readme.Select(l => Boundary().Match(l)).Where(m => m.Success).ToList();

        Assert.InRange(readme.Count, 1, 25);
        Assert.InRange(boundaries.Count, 5, 12);
        Assert.Equal(
            Enumerable.Range(1, boundaries.Count).Select(n => n.ToString(CultureInfo.InvariantCulture)), boundaries.Select(m => m.Groups["number"].Value));
        Assert.All(boundaries, boundary =>
        {
            var (from, to, name) = (boundary.Groups["from"].Value, boundary.Groups["to"].Value, boundary.Groups["type"].Value);
            var type = Assert.Single(Types().Append(typeof(IRequestSender)), t => t.Name == name);
            Assert.True(to.Length == 0 || type.Namespace!.Split('.').Contains(to), $"{name} is not in {to}.");
            Assert.Contains(type.GetMethods(BindingFlags.Instance | BindingFlags.Public), m => m.Name == boundary.Groups["method"].Value);
            // The calls to the plug-in go through a delegate, so they are not checked.
            Assert.True(
                to.Length == 0 || Types().Any(t => t.Namespace!.Split('.').Contains(from) && TypeUses.Of(t).Contains(type)), $"{from} does not use {name}.");
        });
    }

    /// <summary>Returns the types of the host, without those that the compiler generates for an assembly.</summary>
    private static IEnumerable<Type> Types() =>
        Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace?.StartsWith("PluginGateway.", StringComparison.Ordinal) == true);

    /// <summary>Returns the position of a type's folder in the order, preferring the most deeply nested; -1 for other types.</summary>
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
    private static partial Regex Boundary();
}
