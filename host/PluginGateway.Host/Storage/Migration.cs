using System.Globalization;
using System.Reflection;

namespace PluginGateway.Host.Storage;

/// <summary>A numbered script of the schema, embedded in the program: <c>0001_schema</c>.</summary>
internal sealed record Migration(long Id, string Name)
{
    private static readonly Assembly Source = typeof(Migration).Assembly;

    public static IReadOnlyList<Migration> All { get; } =
    [
        .. Source.GetManifestResourceNames()
            .Where(n => n.Length > 5 && n[4] == '_' && n.AsSpan(0, 4).ContainsAnyInRange('0', '9'))
            .Select(n => new Migration(long.Parse(n.AsSpan(0, 4), CultureInfo.InvariantCulture), n))
            .OrderBy(m => m.Id),
    ];

    public string Sql
    {
        get
        {
            using var reader = new StreamReader(Source.GetManifestResourceStream(Name)!);
            return reader.ReadToEnd();
        }
    }
}
