using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Reports;

/// <summary>
/// The index of people: hashes of e-mail addresses and telephone numbers, with the reports and client updates that contain them. A hash only leads to
/// candidates, whose content is then compared.
/// </summary>
internal static class PersonTerms
{
    public const int Reports = 1;
    public const int Updates = 2;

    private const int MinDigits = 7;

    /// <summary>
    /// Returns an e-mail address or telephone number in the form in which it is compared: in lower case, or only its digits, with a British country code
    /// replaced by 0. Null if the text is neither.
    /// </summary>
    public static string? Normal(string? text)
    {
        var trimmed = text?.Trim().ToLowerInvariant() ?? "";
        if (trimmed.Contains('@', StringComparison.Ordinal))
            return trimmed;

        var digits = string.Concat(trimmed.Where(char.IsAsciiDigit));
        if (digits.StartsWith("00", StringComparison.Ordinal))
            digits = digits[2..];
        else if (!trimmed.StartsWith('+'))
            return digits.Length >= MinDigits ? digits : null;
        if (digits.StartsWith("44", StringComparison.Ordinal))
            digits = $"0{digits[2..].TrimStart('0')}";
        return digits.Length >= MinDigits ? digits : null;
    }

    public static long Of(string normal) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"person\n{normal}")));

    /// <summary>Whether a person has this address or number.</summary>
    public static bool Matches(Reporter person, string normal) => Normal(person.Email) == normal || Normal(person.Phone) == normal;

    /// <summary>Adds the address and number of a person who wrote a report or an update.</summary>
    public static async Task AddAsync(DbSession db, Reporter person, int kind, long id)
    {
        foreach (var term in new[] { Normal(person.Email), Normal(person.Phone) }.OfType<string>().Select(Of).Distinct())
            await db.ExecuteAsync(
                """
                INSERT INTO person_term (term, kind, subject_id) SELECT @term, @kind, @id
                WHERE NOT EXISTS (SELECT 1 FROM person_term WHERE term = @term AND kind = @kind AND subject_id = @id)
                """,
                new { term, kind, id });
    }

    /// <summary>Removes the terms of reports or updates whose content is deleted.</summary>
    public static Task<int> RemoveAsync(DbSession db, int kind, IReadOnlyCollection<long> ids) =>
        db.ExecuteAsync("DELETE FROM person_term WHERE kind = @kind AND subject_id IN @ids", new { kind, ids });
}
