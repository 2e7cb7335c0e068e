using System.Globalization;
using System.Reflection;

namespace PluginGateway.Core.Storage;

/// <summary>
/// A numbered script of the schema, embedded in the program, such as <c>0001_schema</c>. Each kind of database has separate scripts under
/// the same numbers.
/// </summary>
internal sealed record Migration(long Id, string Name)
{
    /// <summary>The ending of the name of a script after which earlier versions of the gateway cannot use the database.</summary>
    private const string BreakingEnding = "_breaking";

    private static readonly Assembly Source = typeof(Migration).Assembly;

    /// <summary>Returns the scripts for a kind of database, in order.</summary>
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

    /// <summary>Returns the scripts that have not been run on a database.</summary>
    /// <param name="database">The kind of database.</param>
    /// <param name="done">The scripts that have been run. Scripts of later versions of the gateway are ignored, unless they are marked as breaking.</param>
    /// <param name="where">A description of the database, for the error message.</param>
    /// <exception cref="InvalidDataException">This version of the gateway cannot use the database.</exception>
    public static IReadOnlyList<Migration> Missing(string database, IReadOnlyList<Migration> done, string where)
    {
        var all = For(database);
        if (done.FirstOrDefault(d => d.Id > all[^1].Id && d.Name.EndsWith(BreakingEnding, StringComparison.Ordinal)) is { } later)
            throw new InvalidDataException(
                $"{where} was upgraded by a later version of the gateway ({later.Name}): run that version, or restore a back-up from before the upgrade.");
        return done.FirstOrDefault(d => all.Any(m => m.Id == d.Id && m.Name != d.Name)) is { } other
            ? throw new InvalidDataException(
                $"{where} was created by an incompatible version of the gateway ({other.Name}): run that version, or start with an empty database.")
            : [.. all.Except(done)];
    }

    /// <summary>Returns the text of the script.</summary>
    /// <param name="database">The kind of database.</param>
    public string Sql(string database)
    {
        using var reader = new StreamReader(Source.GetManifestResourceStream($"{database}/{Name}")!);
        return reader.ReadToEnd();
    }
}
