using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Admission;

/// <summary>Decides whether a plug-in that could be loaded may be: trust, quarantine, findings, and whose name it is.</summary>
internal sealed class PluginAdmission(PluginOptions options, PluginVersions versions, PluginCatalog catalog)
{
    /// <summary>Why content with this hash must not even be looked into; null when it is trusted.</summary>
    public Refusal? FindTrustProblem(string sha256) => options.Trust == PluginTrust.Any || options.Trusted.Contains(sha256, StringComparer.OrdinalIgnoreCase)
        ? null
        : Final($"its content is not listed in Plugins:Trusted; its SHA-256 is {sha256}");

    /// <param name="candidate">Where it lies.</param>
    /// <param name="staged">Its copy.</param>
    /// <param name="manifest">What it says of itself.</param>
    /// <param name="isThere">Whether a path is still in the plug-ins folder.</param>
    /// <returns>Why it must not be loaded; null when it may.</returns>
    public Refusal? FindRejectionReason(PluginCandidate candidate, StagedFiles staged, PluginManifest manifest, Func<string, bool> isThere)
    {
        if (catalog.Find(manifest.AdapterName) is { } owner && owner.Path != candidate.Path && (owner.Path.Length == 0 || isThere(owner.Path)))
            return Final(owner.Path.Length == 0
                ? $"the adapter \"{manifest.AdapterName}\" is part of the gateway; a plug-in needs another name"
                : $"{owner.Path} already has the adapter \"{manifest.AdapterName}\"; {candidate.Path} must go or be renamed");

        return FindRejectionReason(staged.Sha256, manifest);
    }

    /// <summary>The same for content that takes the place of what lies there.</summary>
    public Refusal? FindRejectionReason(string sha256, PluginManifest manifest)
    {
        if (FindTrustProblem(sha256) is { } untrusted)
            return untrusted;

        var refused = manifest.Findings.Where(f => Policy(f.Kind) == FindingPolicy.Refuse).ToList();
        if (refused.Count > 0)
            return Final(string.Join("; ", refused.Select(f => f.Text)));

        return versions.Quarantined(manifest.AdapterName, sha256) is { } known
            ? new Refusal($"{known.Reason} (quarantined by {known.By}, {known.At:yyyy-MM-dd HH:mm})", RefusalKind.Quarantine)
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
