using System.Collections.Concurrent;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Signing;

/// <summary>
/// Verifies the signatures of staged copies, which nobody else can change, before anything in them is inspected. The result for a key is kept by the hash of
/// the content; the end of the key's period is checked each time.
/// </summary>
internal sealed class PluginSignatures(PluginOptions options, TimeProvider time)
{
    /// <summary>The keys are read once; their files may be gone later.</summary>
    private readonly Lazy<List<(TrustedKeyOptions Key, byte[] PublicKey)>> _keys = new(() => [.. options.TrustedKeys.Select(key => (key, key.Read()))]);

    private readonly ConcurrentDictionary<string, TrustedKeyOptions> _verified = new(StringComparer.Ordinal);

    /// <summary>Returns why a staged copy is not trusted; null if a trusted key has signed it.</summary>
    public Refusal? FindProblem(StagedFiles staged)
    {
        if (!_verified.TryGetValue(staged.Sha256, out var key))
        {
            if (Verify(staged, out key) is { } problem)
                return problem;
            _verified[staged.Sha256] = key!;
        }

        return time.GetUtcNow() < key!.End()
            ? null
            : new Refusal($"it is signed with the key of {key.Name}, which was trusted until {key.Until}; have it signed with another key", RefusalKind.Final);
    }

    private Refusal? Verify(StagedFiles staged, out TrustedKeyOptions? trusted)
    {
        trusted = null;
        PluginSignature? signature;
        try
        {
            signature = PluginSignature.Read(staged.Folder);
        }
        catch (InvalidDataException e)
        {
            return Refused($"its {PluginSignature.FileName} cannot be read: {e.Message}; sign it again", RefusalKind.Incomplete);
        }

        if (signature is null)
            return Refused(
                $"it is not signed; sign its folder with \"plugin sign\", or add its SHA-256 to Plugins:Trusted: {staged.Sha256}", RefusalKind.Final);

        foreach (var (key, publicKey) in _keys.Value)
        {
            if (PluginSignature.IdOf(publicKey) != signature.Key)
                continue;
            if (!signature.IsSignedBy(publicKey))
                return Refused("its signature is not valid; sign it again", RefusalKind.Incomplete);
            if (signature.FindDifference(staged.Folder) is { } difference)
                return Refused($"{difference}; copy it again, or sign it again", RefusalKind.Incomplete);
            trusted = key;
            return null;
        }

        return Refused($"it is signed with the key {signature.Key}, which is not in Plugins:TrustedKeys", RefusalKind.Final);
    }

    private static Refusal Refused(string reason, RefusalKind kind) => new(reason, kind);
}
