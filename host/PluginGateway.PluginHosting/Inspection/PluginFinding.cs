namespace PluginGateway.PluginHosting.Inspection;

/// <summary>A problem in a plug-in's metadata that is reported to its author.</summary>
internal sealed record PluginFinding(FindingKind Kind, string Text);

internal enum FindingKind
{
    /// <summary>It keeps the plug-in in memory after the plug-in has been replaced.</summary>
    Pins,

    /// <summary>It can end the gateway process; the gateway cannot prevent this.</summary>
    Endangers,

    /// <summary>It can load libraries of the gateway; always a warning.</summary>
    Reaches,
}

/// <summary>What to do about a kind of finding.</summary>
internal enum FindingPolicy
{
    /// <summary>The finding is logged and shown.</summary>
    Warn,

    /// <summary>The plug-in is not loaded.</summary>
    Refuse,
}
