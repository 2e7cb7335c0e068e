using System.Globalization;
using System.Security.Cryptography;

namespace PluginGateway.PluginHosting.Signing;

/// <summary>A key whose signatures are trusted, from <c>Plugins:TrustedKeys</c>.</summary>
internal sealed class TrustedKeyOptions
{
    /// <summary>Whose key it is: "the supplier".</summary>
    public string Name { get; set; } = "";

    /// <summary>The public key as PEM or as its Base64 content, or the path of a file that contains it.</summary>
    public string PublicKey { get; set; } = "";

    /// <summary>The last day on which its signatures are accepted, as <c>yyyy-MM-dd</c> in UTC. Empty: no end.</summary>
    public string Until { get; set; } = "";

    /// <summary>Returns the first moment at which its signatures are no longer accepted.</summary>
    /// <exception cref="FormatException"><see cref="Until"/> is not a date.</exception>
    public DateTimeOffset End() => Until.Length == 0
        ? DateTimeOffset.MaxValue
        : new DateTimeOffset(DateOnly.ParseExact(Until, "yyyy-MM-dd", CultureInfo.InvariantCulture).AddDays(1), default, TimeSpan.Zero);

    /// <summary>Returns the public key as SubjectPublicKeyInfo.</summary>
    /// <exception cref="CryptographicException">It is not a public key with the curve P-256, or its file cannot be read.</exception>
    public byte[] Read()
    {
        try
        {
            var path = Path.GetFullPath(PublicKey, AppContext.BaseDirectory);
            var text = File.Exists(path) ? File.ReadAllText(path) : PublicKey;
            using var key = ECDsa.Create();
            if (text.Contains("-----", StringComparison.Ordinal))
                key.ImportFromPem(text);
            else
                key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text.Trim()), out _);
            return IsP256(key) ? key.ExportSubjectPublicKeyInfo() : throw new CryptographicException("The curve is not P-256.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new CryptographicException("It is not a public key.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CryptographicException($"Its file cannot be read: {e.Message}", e);
        }
    }

    public static bool IsP256(ECDsa key) =>
        key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true } curve && curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value;

    /// <summary>Returns what is wrong with the options; null if nothing is.</summary>
    public string? FindProblem()
    {
        try
        {
            End();
        }
        catch (FormatException)
        {
            return $"Plugins:TrustedKeys: Until of {Name} must be a date such as 2027-12-31.";
        }

        try
        {
            Read();
            return Name.Length == 0 ? "Plugins:TrustedKeys: every key needs a Name." : null;
        }
        catch (CryptographicException e)
        {
            return $"Plugins:TrustedKeys: the PublicKey of {Name} cannot be used: {e.Message}";
        }
    }
}
