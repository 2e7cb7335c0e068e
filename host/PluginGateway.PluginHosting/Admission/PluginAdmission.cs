using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Signing;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Admission;

/// <summary>Decides whether a plug-in may be loaded: trust, quarantine, findings, and whether its adapter name is free.</summary>
internal sealed class PluginAdmission(PluginOptions options, PluginSignatures signatures, PluginVersions versions, PluginCatalog catalog)
{
    /// <summary>Returns why a staged copy must not be inspected; null if it is trusted.</summary>
    public Refusal? FindTrustProblem(StagedFiles staged) =>
        options.Trust == PluginTrust.Any || options.Trusted.Contains(staged.Sha256, StringComparer.OrdinalIgnoreCase) ? null
        : options.Trust == PluginTrust.Signed ? signatures.FindProblem(staged)
        : Final($"its content is not trusted; to trust it, add its SHA-256 to Plugins:Trusted: {staged.Sha256}");

    /// <param name="candidate">Its entry in the plug-ins folder.</param>
    /// <param name="staged">Its staged copy.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="isPresent">Whether a path is still in the plug-ins folder.</param>
    /// <returns>Why it must not be loaded; null if it may be.</returns>
    public Refusal? FindRejectionReason(PluginCandidate candidate, StagedFiles staged, PluginManifest manifest, Func<string, bool> isPresent)
    {
        if (catalog.Find(manifest.AdapterName) is { } owner && owner.Path != candidate.Path && (owner.Path.Length == 0 || isPresent(owner.Path)))
            return Final(owner.Path.Length == 0
                ? $"the adapter \"{manifest.AdapterName}\" is part of the gateway; give the plug-in's adapter another name"
                : $"{owner.Path} already provides the adapter \"{manifest.AdapterName}\"; remove {candidate.Path} or give its adapter another name");

        return FindRejectionReason(staged, manifest);
    }

    /// <summary>Returns why a version must not be loaded, regardless of its path; null if it may be.</summary>
    public Refusal? FindRejectionReason(StagedFiles staged, PluginManifest manifest)
    {
        if (FindTrustProblem(staged) is { } untrusted)
            return untrusted;

        var refused = manifest.Findings.Where(f => Policy(f.Kind) == FindingPolicy.Refuse).ToList();
        if (refused.Count > 0)
            return Final(string.Join("; ", refused.Select(f => f.Text)));

        return versions.Quarantined(manifest.AdapterName, staged.Sha256) is { } known
            ? new Refusal(
                $"{known.Reason} (quarantined by {known.By}, {known.At:yyyy-MM-dd HH:mm}; lift the quarantine to load it again)", RefusalKind.Quarantine)
            : null;
    }

    private FindingPolicy Policy(FindingKind kind) => kind switch
    {
        FindingKind.Pins => options.Pins,
        FindingKind.Endangers => options.Endangers,
        _ => FindingPolicy.Warn,
    };

    private static Refusal Final(string reason) => new(reason, RefusalKind.Final);
}
