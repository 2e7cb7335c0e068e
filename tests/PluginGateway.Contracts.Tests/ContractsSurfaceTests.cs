using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace PluginGateway.Contracts.Tests;

/// <summary>
/// The whole public surface in one approved file: a change of it is a decision, not an accident. To approve one, copy the file that the
/// failing test names over <c>ContractsSurface.approved.txt</c>.
/// </summary>
public sealed class ContractsSurfaceTests
{
    private static readonly Assembly Contracts = typeof(IAdapterPlugin).Assembly;

    [Fact]
    public void Surface_is_the_approved_one()
    {
        var actual = Describe();
        var approved = Path.Combine(SourceFolder(), "ContractsSurface.approved.txt");
        var expected = File.Exists(approved) ? File.ReadAllText(approved) : "";
        if (actual == expected)
            return;

        var received = Path.Combine(AppContext.BaseDirectory, "ContractsSurface.received.txt");
        File.WriteAllText(received, actual);
        Assert.Fail($"The surface of the contracts changed. It is now in {received}.");
    }

    [Fact]
    public void Contracts_reference_only_the_framework_and_logging_abstractions() => Assert.All(
        Contracts.GetReferencedAssemblies().Select(r => r.Name!),
        name => Assert.True(name == "Microsoft.Extensions.Logging.Abstractions" || name.StartsWith("System.", StringComparison.Ordinal), name));

    [Fact]
    public void Contracts_keep_their_assembly_version() => Assert.Equal(new Version(1, 0, 0, 0), Contracts.GetName().Version);

    [Fact]
    public void Records_have_no_positional_members() => Assert.All(
        Contracts.GetExportedTypes().Where(t => t.GetMethod("<Clone>$") is not null),
        type => Assert.Contains(type.GetConstructors(), c => c.GetParameters().Length == 0));

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var type in Contracts.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(Name(type)).Append('\n');
            foreach (var line in Members(type).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
                text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Select(v => $"{v} = {(int)v}");

        var properties = type.GetProperties(Own).Where(p => Visible(p.GetMethod ?? p.SetMethod!)).Select(p =>
            $"{(p.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "")}{Name(p.PropertyType)} {p.Name} {{ {(p.CanRead ? "get; " : "")}{(p.CanWrite && Visible(p.SetMethod!) ? "init; " : "")}}}");
        var methods = type.GetMethods(Own).Where(m => Visible(m) && !m.IsSpecialName && !m.IsDefined(typeof(CompilerGeneratedAttribute)) && m.Name is not ("ToString" or "PrintMembers"))
            .Select(m => $"{(m.IsStatic ? "static " : "")}{Name(m.ReturnType)} {m.Name}({string.Join(", ", m.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}"))})");
        var fields = type.GetFields(Own).Where(f => f.IsPublic).Select(f => $"const {Name(f.FieldType)} {f.Name} = {f.GetRawConstantValue()}");
        return properties.Concat(methods).Concat(fields);
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily;

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        _ => type.GetMethod("<Clone>$") is null ? "class" : "record",
    };

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
