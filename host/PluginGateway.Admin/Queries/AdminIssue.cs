namespace PluginGateway.Admin.Queries;

/// <summary>How things stand, from good to bad.</summary>
internal enum Standing
{
    Ok,
    Warning,
    Error,
}

/// <summary>One thing that is the matter: at one lane, or with a file or a plug-in.</summary>
internal sealed record AdminIssue
{
    public required Standing Standing { get; init; }

    /// <summary>Whose it is; empty for the gateway's own.</summary>
    public required string Council { get; init; }

    /// <summary>Where: "Bexley / symology".</summary>
    public required string Place { get; init; }

    /// <summary>What: the cause, in the words of the try that met it.</summary>
    public required string What { get; init; }

    /// <summary>How many reports it keeps.</summary>
    public long Count { get; init; }

    /// <summary>Those of them that somebody has put off.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Since when; 0 when it is not known.</summary>
    public long Since { get; init; }

    /// <summary>"breaker open, next probe in 20 s".</summary>
    public string Note { get; init; } = "";

    /// <summary>Where one sees more of it.</summary>
    public required string Link { get; init; }

    /// <summary>Part of what another line says already: it is listed, and not counted twice.</summary>
    public bool IsPart { get; init; }
}
