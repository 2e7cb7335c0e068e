using System.Buffers;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Parses and validates lists of e-mail addresses in settings. The addresses are separated by commas; an address in angle brackets can
/// follow a display name. The e-mail library is not used for this, because council files are read at every startup and loading the library
/// would slow it down.
/// </summary>
internal static class MailAddresses
{
    /// <summary>The maximum number of addresses in a list.</summary>
    public const int MaxCount = 50;

    /// <summary>
    /// The maximum length of an SMTP path without its angle brackets (RFC 5321, 4.5.3.1.3). It also limits an address with its display
    /// name.
    /// </summary>
    private const int MaxLength = 254;

    /// <summary>Characters with a special meaning in an address (RFC 5322, 3.2.3, specials).</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create("\"<>@,:;()[]\\");

    /// <summary>Splits a list into its addresses. Commas in quotes do not separate addresses.</summary>
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

    /// <summary>Returns the problem of a list, or null if the list is valid.</summary>
    public static string? FindProblem(string list) => Split(list) switch
    {
        [] => "must contain at least one e-mail address",
        { Count: > MaxCount } => $"must not contain more than {MaxCount} addresses",
        var addresses => addresses.Select(FindAddressProblem).FirstOrDefault(problem => problem is not null),
    };

    /// <summary>Returns the problem of a single address, or null if the address is valid.</summary>
    public static string? FindAddressProblem(string address) =>
        address.Contains(';', StringComparison.Ordinal) ? $"\"{address}\" is not a valid e-mail address; separate addresses with commas, not semicolons"
        : IsAddress(address.AsSpan().Trim()) ? null
        : $"\"{address}\" is not a valid e-mail address";

    /// <summary>
    /// An address with an optional display name (RFC 5322, 3.4). Comments and quoted local parts are not supported; councils do not use
    /// them.
    /// </summary>
    private static bool IsAddress(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
            return false;
        if (text is not [.. var before, '>'])
            return IsAddressOnly(text);

        var bracket = before.LastIndexOf('<');
        return bracket >= 0 && IsName(before[..bracket].TrimEnd()) && IsAddressOnly(before[(bracket + 1)..]);
    }

    /// <summary>A display name: in quotes, or without special characters.</summary>
    private static bool IsName(ReadOnlySpan<char> name) => name is ['"', .. var quoted, '"']
        ? !quoted.ContainsAny('"', '\\') && !HasControl(quoted)
        : !name.ContainsAny(Special) && !HasControl(name);

    private static bool IsAddressOnly(ReadOnlySpan<char> address)
    {
        var at = address.IndexOf('@');
        return at > 0 && AreParts(address[..at], IsLocalPart) && AreParts(address[(at + 1)..], IsLabel);
    }

    /// <summary>Whether every part between dots is valid.</summary>
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

    /// <summary>A label of a domain, which can contain letters of any script.</summary>
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
