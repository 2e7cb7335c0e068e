using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.KeyRing;

/// <summary>
/// The keys that wrap the data-protection keys in the database: the secret <c>GATEWAY_KEY</c> and the certificates of <c>State:KeyCertificates</c>. The
/// first key wraps; all of them unwrap, so that a key can be replaced while several hosts are running. Without any, the database contains the keys in plain
/// text.
/// </summary>
internal sealed class KeyWrapping
{
    /// <summary>The environment variable of the keys, and their file in the secrets folder. Several keys are separated by commas or spaces.</summary>
    public const string KeyName = "GATEWAY_KEY";

    /// <summary>The secret that contains the password of the certificates' files.</summary>
    public const string CertificatePassword = "KEY_CERTIFICATE_PASSWORD";

    private const int MinKeyLength = 32;

    private readonly Lazy<IReadOnlyList<IWrappingKey>> _keys;

    public KeyWrapping(ISecrets secrets, IOptions<StateOptions> options) => _keys = new(() => [.. Secrets(secrets), .. Certificates(secrets, options.Value)]);

    /// <summary>The key that wraps new keys; null if keys are stored in plain text.</summary>
    /// <exception cref="InvalidDataException">A key or certificate cannot be used.</exception>
    public IWrappingKey? Current => _keys.Value is [var first, ..] ? first : null;

    public IWrappingKey? Find(string id) => _keys.Value.FirstOrDefault(k => k.Id == id);

    private static IEnumerable<IWrappingKey> Secrets(ISecrets secrets)
    {
        var text = Environment.GetEnvironmentVariable(KeyName) is { Length: > 0 } value ? value : secrets.Find(KeyName) ?? "";
        foreach (var key in text.Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
            yield return key.Length >= MinKeyLength
                ? new SecretWrappingKey(key)
                : throw new InvalidDataException(
                    $"A key in {KeyName} has fewer than {MinKeyLength} characters. Use random ones, such as 32 random bytes in Base64.");
    }

    private static IEnumerable<IWrappingKey> Certificates(ISecrets secrets, StateOptions options)
    {
        foreach (var path in options.KeyCertificates.Select(path => Path.GetFullPath(path, AppContext.BaseDirectory)))
        {
            X509Certificate2 certificate;
            try
            {
                certificate = path.EndsWith(".pem", StringComparison.OrdinalIgnoreCase)
                    ? X509Certificate2.CreateFromPemFile(path)
                    : X509CertificateLoader.LoadPkcs12FromFile(path, secrets.Find(CertificatePassword));
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw new InvalidDataException($"The certificate {path} in State:KeyCertificates cannot be read: {e.Message}", e);
            }

            yield return certificate.GetRSAPrivateKey() is { } rsa
                ? new CertificateWrappingKey(certificate.GetCertHashString(HashAlgorithmName.SHA256), rsa)
                : throw new InvalidDataException($"The certificate {path} in State:KeyCertificates has no RSA private key.");
        }
    }
}

/// <summary>A key that wraps data-protection keys.</summary>
internal interface IWrappingKey
{
    /// <summary>Identifies the key without revealing it.</summary>
    string Id { get; }

    byte[] Wrap(byte[] plain);

    /// <exception cref="CryptographicException">The content was not wrapped with this key, or was changed.</exception>
    byte[] Unwrap(byte[] wrapped);
}

/// <summary>Wraps with AES-256-GCM and a key that is derived from a secret with HKDF.</summary>
internal sealed class SecretWrappingKey : IWrappingKey
{
    private readonly byte[] _key;

    public SecretWrappingKey(string secret)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(secret);
        _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, Sealed.KeyLength, info: "PluginGateway data keys"u8.ToArray());
        Id = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, 8, info: "PluginGateway key id"u8.ToArray()));
    }

    public string Id { get; }

    public byte[] Wrap(byte[] plain) => Sealed.Seal(_key, plain);

    public byte[] Unwrap(byte[] wrapped) => Sealed.Open(_key, wrapped);
}

/// <summary>Wraps with AES-256-GCM and a random key, which is wrapped with a certificate's RSA key (OAEP, SHA-256).</summary>
internal sealed class CertificateWrappingKey(string hash, RSA rsa) : IWrappingKey
{
    private readonly Lock _lock = new();

    public string Id => $"certificate-{hash[..16].ToLowerInvariant()}";

    public byte[] Wrap(byte[] plain)
    {
        var key = RandomNumberGenerator.GetBytes(Sealed.KeyLength);
        lock (_lock)
            return [.. rsa.Encrypt(key, RSAEncryptionPadding.OaepSHA256), .. Sealed.Seal(key, plain)];
    }

    public byte[] Unwrap(byte[] wrapped)
    {
        var length = rsa.KeySize / 8;
        if (wrapped.Length < length)
            throw new CryptographicException("The wrapped key is incomplete.");
        lock (_lock)
            return Sealed.Open(rsa.Decrypt(wrapped[..length], RSAEncryptionPadding.OaepSHA256), wrapped[length..]);
    }
}

/// <summary>Authenticated encryption: nonce, tag, ciphertext.</summary>
internal static class Sealed
{
    public const int KeyLength = 32;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    public static byte[] Seal(byte[] key, byte[] plain)
    {
        var result = new byte[NonceLength + TagLength + plain.Length];
        var nonce = result.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, plain, result.AsSpan(NonceLength + TagLength), result.AsSpan(NonceLength, TagLength));
        return result;
    }

    public static byte[] Open(byte[] key, byte[] content)
    {
        if (content.Length < NonceLength + TagLength)
            throw new CryptographicException("The wrapped key is incomplete.");
        var plain = new byte[content.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(content.AsSpan(0, NonceLength), content.AsSpan(NonceLength + TagLength), content.AsSpan(NonceLength, TagLength), plain);
        return plain;
    }
}
