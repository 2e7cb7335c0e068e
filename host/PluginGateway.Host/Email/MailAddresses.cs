using System.Text.RegularExpressions;

namespace PluginGateway.Host.Email;

/// <summary>
/// Lists of mail addresses as settings write them: with commas, each one address with an optional name before it in angle brackets. Checked here and not by
/// the mail library, because council files are read at every start, which that library would slow down.
/// </summary>
internal static partial class MailAddresses
{
    /// <summary>More than any mailing list of a council needs.</summary>
    public const int MaxCount = 50;

    private const string Atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Label = @"[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?";
    private const string AddressOnly = Atom + @"(?:\." + Atom + ")*@" + Label + @"(?:\." + Label + ")*";

    /// <summary>The addresses of a list; commas in quotes separate nothing.</summary>
    public static IReadOnlyList<string> Split(string list)
    {
        var (addresses, begin, isQuoted) = (new List<string>(), 0, false);
        for (var i = 0; i <= list.Length; i++)
        {
            if (i < list.Length && list[i] == '"')
                isQuoted = !isQuoted;
            if (i < list.Length && (list[i] != ',' || isQuoted))
                continue;

            if (list[begin..i].Trim() is { Length: > 0 } address)
                addresses.Add(address);
            begin = i + 1;
        }

        return addresses;
    }

    /// <summary>What is wrong with a list, or null.</summary>
    public static string? FindProblem(string list) => Split(list) switch
    {
        [] => "needs an e-mail address",
        { Count: > MaxCount } => $"has more than {MaxCount} addresses",
        var addresses => addresses.Select(FindProblemOfOne).FirstOrDefault(problem => problem is not null),
    };

    /// <summary>What is wrong with a single address, or null.</summary>
    public static string? FindProblemOfOne(string address) =>
        address.Contains(';', StringComparison.Ordinal) ? $"\"{address}\" is not an e-mail address; separate addresses with commas, not with semicolons"
        : address.Length > 254 || !Address().IsMatch(address.Trim()) ? $"\"{address}\" is not an e-mail address"
        : null;

    /// <summary>An address with an optional name (RFC 5322 3.4, without comments and quoted local parts, which councils do not use).</summary>
    [GeneratedRegex(
        $$"""^(?:(?:"[^"\\\p{C}]*"|[^"<>@,:;()\[\]\\\p{C}]*)\s*<{{AddressOnly}}>|{{AddressOnly}})$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
