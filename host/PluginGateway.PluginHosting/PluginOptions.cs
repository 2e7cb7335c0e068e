using System.ComponentModel.DataAnnotations;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Signing;

namespace PluginGateway.PluginHosting;

/// <summary>The settings of plug-ins: their folder, which ones are trusted, and how long each step of a swap may take.</summary>
internal sealed class PluginOptions
{
    public const string Section = "Plugins";

    /// <summary>The path of the plug-ins folder, relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "plugins";

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);

    /// <summary>Whether file-system events trigger an earlier scan. Without them a change is detected by the next regular scan.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>How often the folder and the decisions of operators are checked.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long files must remain unchanged before they are processed.</summary>
    public TimeSpan Settle { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long files that seem incomplete must remain unchanged before they are refused.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a plug-in must be missing from the folder before its adapter is removed.</summary>
    public TimeSpan RemoveAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often files that seem unchanged are read again, because a copy can preserve lengths and times.</summary>
    public TimeSpan Reread { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long loading may take, including the plug-in's constructors. A time-out counts only if it happens three times in a row, because the machine
    /// may be busy.
    /// </summary>
    public TimeSpan LoadWithin { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How much processor time loading may take. More counts at once, because it does not depend on other work of the machine.</summary>
    public TimeSpan LoadProcessorTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the start, or a scan, waits for a plug-in that is being loaded before it continues with the others.</summary>
    public TimeSpan LoadPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the checks before a swap may take. A time-out counts only if it happens three times in a row.</summary>
    public TimeSpan ProbeWithin { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the files of one plug-in may take to read and copy.</summary>
    public TimeSpan StageWithin { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The time between attempts to load a plug-in that did not finish in time.</summary>
    public TimeSpan RetryLoad { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the previous generation stays on standby after a swap.</summary>
    public TimeSpan Probation { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum time on standby while calls of the new generation are running: a call that hangs is detected only at its deadline.</summary>
    public TimeSpan MaxProbation { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// How long a retired generation waits for its running calls. After this time they are cancelled, and after the same time again the
    /// generation is reported as abandoned.
    /// </summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a generation may remain in memory after it was unloaded and its last call has ended.</summary>
    public TimeSpan UnloadWithin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many staged versions of a plug-in are kept in addition to those in use.</summary>
    public int KeepVersions { get; set; } = 3;

    /// <summary>Which plug-ins may be loaded.</summary>
    public PluginTrust Trust { get; set; }

    /// <summary>The hashes that <see cref="PluginTrust.Listed"/> accepts, as <c>plugin list</c> and the refusals show them.</summary>
    public IList<string> Trusted { get; set; } = [];

    /// <summary>The keys whose signatures <see cref="PluginTrust.Signed"/> accepts.</summary>
    public IList<TrustedKeyOptions> TrustedKeys { get; set; } = [];

    /// <summary>What to do with a plug-in whose code would remain in memory after a swap.</summary>
    public FindingPolicy Pins { get; set; } = FindingPolicy.Warn;

    /// <summary>What to do with a plug-in whose code can end the gateway process.</summary>
    public FindingPolicy Endangers { get; set; } = FindingPolicy.Refuse;
}

/// <summary>Which plug-ins may be loaded.</summary>
internal enum PluginTrust
{
    /// <summary>All plug-ins in the folder: everybody who can write to it is trusted.</summary>
    Any,

    /// <summary>Only plug-ins whose SHA-256 is listed.</summary>
    Listed,

    /// <summary>Only plug-ins that a trusted key has signed, and those whose SHA-256 is listed.</summary>
    Signed,
}
