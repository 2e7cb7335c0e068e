using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace PluginGateway.Core.KeyRing;

/// <summary>
/// The secret of a data-protection key in its XML form, as the framework writes it: either in plain text, marked as requiring encryption, or encrypted. The
/// gateway's form is <c>&lt;wrapped key="id"&gt;Base64&lt;/wrapped&gt;</c>.
/// </summary>
internal static class WrappedKey
{
    private const string KeyAttribute = "key";
    private const string DecryptorAttribute = "decryptorType";

    /// <summary>Stands for the name of <see cref="WrappedKeyDecryptor"/> in the database, so that it can be renamed.</summary>
    private const string OwnDecryptor = "gateway";

    private static readonly XNamespace Framework = "http://schemas.asp.net/2015/03/dataProtection";
    private static readonly XName Encrypted = "encryptedSecret";

    public static XElement Wrap(XElement plain, IWrappingKey key) => new(
        "wrapped", new XAttribute(KeyAttribute, key.Id),
        Convert.ToBase64String(key.Wrap(Encoding.UTF8.GetBytes(plain.ToString(SaveOptions.DisableFormatting)))));

    public static XElement Unwrap(XElement wrapped, KeyWrapping wrapping)
    {
        var id = wrapped.Attribute(KeyAttribute)?.Value ?? "";
        var key = wrapping.Find(id) ?? throw new CryptographicException($"The data key is wrapped with the key {id}, which is missing.");
        try
        {
            return XElement.Parse(Encoding.UTF8.GetString(key.Unwrap(Convert.FromBase64String(wrapped.Value))));
        }
        catch (FormatException e)
        {
            throw new CryptographicException("The wrapped data key is not valid.", e);
        }
    }

    /// <summary>Returns the id of the key that a data-protection key is wrapped with; null if it is stored in plain text.</summary>
    public static string? KeyOf(XElement dataKey) =>
        Secrets(dataKey).Select(s => s.Elements("wrapped").FirstOrDefault()?.Attribute(KeyAttribute)?.Value ?? "unknown").FirstOrDefault();

    /// <summary>Wraps a data-protection key with another key, or for the first time.</summary>
    public static XElement Rewrap(XElement dataKey, KeyWrapping wrapping, IWrappingKey key)
    {
        var result = new XElement(dataKey);
        foreach (var secret in Secrets(result).ToList())
            secret.ReplaceWith(Secret(Unwrap(secret.Elements().Single(), wrapping)));
        foreach (var plain in result.Descendants().Where(e => (bool?)e.Attribute(Framework + "requiresEncryption") == true).ToList())
            plain.ReplaceWith(Secret(plain));
        return result;

        XElement Secret(XElement plain) => new(Framework + Encrypted.LocalName, new XAttribute(DecryptorAttribute, OwnDecryptor), Wrap(plain, key));
    }

    /// <summary>Returns a key from the database in the form that the framework reads.</summary>
    public static XElement FromStored(XElement dataKey) => Replace(dataKey, OwnDecryptor, typeof(WrappedKeyDecryptor).AssemblyQualifiedName!);

    /// <summary>Returns a key of the framework in the form that is stored.</summary>
    public static XElement ToStored(XElement dataKey) => Replace(dataKey, typeof(WrappedKeyDecryptor).AssemblyQualifiedName!, OwnDecryptor);

    private static XElement Replace(XElement dataKey, string from, string to)
    {
        var result = new XElement(dataKey);
        foreach (var secret in Secrets(result))
            if (secret.Attribute(DecryptorAttribute) is { } type && type.Value == from)
                type.Value = to;
        return result;
    }

    private static IEnumerable<XElement> Secrets(XElement dataKey) => dataKey.Descendants().Where(e => e.Name.LocalName == Encrypted.LocalName);
}

/// <summary>Wraps new data-protection keys.</summary>
internal sealed class WrappedKeyEncryptor(IWrappingKey key) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) => new(WrappedKey.Wrap(plaintextElement, key), typeof(WrappedKeyDecryptor));
}

/// <summary>Unwraps data-protection keys. The framework creates it by its name, with the service provider.</summary>
internal sealed class WrappedKeyDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) => WrappedKey.Unwrap(encryptedElement, services.GetRequiredService<KeyWrapping>());
}
