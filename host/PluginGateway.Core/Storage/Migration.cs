using System.Globalization;
using System.Reflection;

namespace PluginGateway.Core.Storage;

/// <summary>
/// A numbered script of the schema, embedded in the program: <c>0001_schema</c>. Each database has scripts of its own under the same numbers.
/// </summary>
internal sealed record Migration(long Id, string Name)
{
    private static readonly Assembly Source = typeof(Migration).Assembly;

    /// <summary>The scripts of a database, in their order.</summary>
    public static IReadOnlyList<Migration> For(string database)
    {
        var prefix = database + "/";
        return
        [
            .. Source.GetManifestResourceNames()
                .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
                .Select(n => n[prefix.Length..])
                .Select(n => new Migration(long.Parse(n.AsSpan(0, 4), CultureInfo.InvariantCulture), n))
                .OrderBy(m => m.Id),
        ];
    }

    /// <summary>Those of a database that were not run yet.</summary>
    /// <param name="database">The kind of database.</param>
    /// <param name="done">Those that were; a later version's are left alone.</param>
    /// <param name="where">The database itself, for the refusal of one that has other scripts under the same numbers.</param>
    public static IReadOnlyList<Migration> Missing(string database, IReadOnlyList<Migration> done, string where)
    {
        var all = For(database);
        return done.FirstOrDefault(d => all.Any(m => m.Id == d.Id && m.Name != d.Name)) is { } other
            ? throw new InvalidDataException(
                $"{where} was made by another version of the gateway ({other.Name}): run that version, or begin with an empty database.")
            : [.. all.Except(done)];
    }

    /// <summary>The script.</summary>
    /// <param name="database">The kind of database.</param>
    public string Sql(string database)
    {
        using var reader = new StreamReader(Source.GetManifestResourceStream($"{database}/{Name}")!);
        return reader.ReadToEnd();
    }
}
