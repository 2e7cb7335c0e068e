using System.ComponentModel.DataAnnotations;
using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting;

/// <summary>Where plug-ins are dropped, which are trusted, and how long each step of a swap may take.</summary>
internal sealed class PluginOptions
{
    public const string Section = "Plugins";

    /// <summary>The plug-ins folder; relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "plugins";

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);

    /// <summary>Whether the file system's events bring the next look forward; without them a change is seen with the next one.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>How often the folder is looked at, and what operators decided.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long files must stay as they are before they are taken.</summary>
    public TimeSpan Settle { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long files that look incomplete must stay as they are before that is believed.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long something must be gone before its adapter is taken away.</summary>
    public TimeSpan RemoveAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often files that seem unchanged are read all the same: a copy can keep lengths and times.</summary>
    public TimeSpan Reread { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long loading may take, the plug-in's constructors included.</summary>
    public TimeSpan LoadWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the checks before a swap may take.</summary>
    public TimeSpan ProbeWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the generation before stands by after a swap.</summary>
    public TimeSpan Probation { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it stands by at most while calls of the new one are running: a call that hangs is known to hang only when its time is up.</summary>
    public TimeSpan MaxProbation { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>How long running calls of a retired generation are waited for; then they are told to end, and as long again later they are given up.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a generation may stay in memory after it was unloaded.</summary>
    public TimeSpan UnloadWithin { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How many staged versions of a plug-in are kept besides those in use.</summary>
    public int KeepVersions { get; set; } = 3;

    /// <summary>Which plug-ins are loaded.</summary>
    public PluginTrust Trust { get; set; }

    /// <summary>The hashes of <see cref="PluginTrust.Listed"/>, as <c>plugin list</c> and the refusals show them.</summary>
    public IList<string> Trusted { get; set; } = [];

    /// <summary>What to do about a plug-in whose code would stay in memory after a swap.</summary>
    public FindingPolicy Pins { get; set; } = FindingPolicy.Warn;

    /// <summary>What to do about a plug-in whose code can end the gateway.</summary>
    public FindingPolicy Endangers { get; set; } = FindingPolicy.Refuse;
}

/// <summary>Which plug-ins are loaded.</summary>
internal enum PluginTrust
{
    /// <summary>Whatever lies in the folder: whoever may write there is trusted.</summary>
    Any,

    /// <summary>Only content whose SHA-256 is listed.</summary>
    Listed,
}
