namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Something in a plug-in's metadata that its author should know of.</summary>
internal sealed record PluginFinding(FindingKind Kind, string Text);

internal enum FindingKind
{
    /// <summary>Keeps the plug-in in memory after it was replaced.</summary>
    Pins,

    /// <summary>Can take the whole gateway down, which nothing in it can prevent.</summary>
    Endangers,

    /// <summary>Can reach libraries that are the gateway's; always a warning.</summary>
    Reaches,
}

/// <summary>What is done about a kind of finding.</summary>
internal enum FindingPolicy
{
    /// <summary>It is logged and shown.</summary>
    Warn,

    /// <summary>The plug-in is not loaded.</summary>
    Refuse,
}
