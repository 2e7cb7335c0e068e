using System.Buffers;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Lists of mail addresses as settings write them: with commas, each one address with an optional name before it in angle brackets. Checked here and not by
/// the mail library, because council files are read at every start, which that library would slow down.
/// </summary>
internal static class MailAddresses
{
    /// <summary>More than any mailing list of a council needs.</summary>
    public const int MaxCount = 50;

    /// <summary>The longest that a path of SMTP may be (RFC 5321 4.5.3.1.3), and a name before it.</summary>
    private const int MaxLength = 254;

    /// <summary>What has a meaning of its own in an address (RFC 5322 3.2.3, specials).</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create("\"<>@,:;()[]\\");

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
        : IsAddress(address.AsSpan().Trim()) ? null
        : $"\"{address}\" is not an e-mail address";

    /// <summary>An address with an optional name (RFC 5322 3.4, without comments and quoted local parts, which councils do not use).</summary>
    private static bool IsAddress(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
            return false;
        if (text is not [.. var before, '>'])
            return IsAddressOnly(text);

        var bracket = before.LastIndexOf('<');
        return bracket >= 0 && IsName(before[..bracket].TrimEnd()) && IsAddressOnly(before[(bracket + 1)..]);
    }

    /// <summary>A name in quotes, or one of which nothing has a meaning in an address.</summary>
    private static bool IsName(ReadOnlySpan<char> name) => name is ['"', .. var quoted, '"']
        ? !quoted.ContainsAny('"', '\\') && !HasControl(quoted)
        : !name.ContainsAny(Special) && !HasControl(name);

    private static bool IsAddressOnly(ReadOnlySpan<char> address)
    {
        var at = address.IndexOf('@');
        return at > 0 && AreParts(address[..at], IsLocalPart) && AreParts(address[(at + 1)..], IsLabel);
    }

    /// <summary>Whether every part between dots is as it must be.</summary>
    private static bool AreParts(ReadOnlySpan<char> text, Func<ReadOnlySpan<char>, bool> isPart)
    {
        foreach (var part in text.Split('.'))
            if (!isPart(text[part]))
                return false;
        return true;
    }

    private static bool IsLocalPart(ReadOnlySpan<char> part)
    {
        foreach (var c in part)
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+/=?^_`{|}~-".Contains(c, StringComparison.Ordinal))
                return false;
        return part.Length > 0;
    }

    /// <summary>A label of a domain, which may have letters of any language.</summary>
    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        foreach (var c in label)
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        return label is [not '-', .. _] and [.., not '-'];
    }

    private static bool HasControl(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (char.IsControl(c))
                return true;
        return false;
    }
}
