using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Host.Sending;

/// <summary>The gateway's own ids: <c>PG</c> and 13 Crockford base-32 characters (65 random bits), readable over the telephone.</summary>
internal static class OwnIds
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string New() => "PG" + RandomNumberGenerator.GetString(Alphabet, 13);

    /// <summary>A token that cannot be guessed: 130 random bits.</summary>
    public static string NewToken() => RandomNumberGenerator.GetString(Alphabet, 26).ToLowerInvariant();

    /// <summary>Ids are byte-exact whatever a database thinks of case and blanks: they are compared by this.</summary>
    public static byte[] Hash(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id));
}
