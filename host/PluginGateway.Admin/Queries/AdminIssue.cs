namespace PluginGateway.Admin.Queries;

/// <summary>The condition of the gateway or of a part of it, from best to worst.</summary>
internal enum Standing
{
    Ok,
    Warning,
    Error,
}

/// <summary>Which reports of a lane an issue counts.</summary>
internal enum IssueScope
{
    None,
    Waiting,
    Failing,
    Stuck,
}

/// <summary>A problem that the site reports: of a lane, a council file, a plug-in or a host.</summary>
internal sealed record AdminIssue
{
    public required Standing Standing { get; init; }

    /// <summary>The council that it concerns; empty for the gateway itself.</summary>
    public required string Council { get; init; }

    /// <summary>The location of the problem: "Bexley (symology)".</summary>
    public required string Place { get; init; }

    /// <summary>What is wrong, for example the cause that the failed attempt reported.</summary>
    public required string What { get; init; }

    /// <summary>A clause that replaces <see cref="What"/> in a sentence: "its system has been failing"; null if there is none.</summary>
    public string? Clause { get; init; }

    /// <summary>The number of reports that are not delivered because of it.</summary>
    public long Count { get; init; }

    /// <summary>The number of these reports that are snoozed.</summary>
    public long Acknowledged { get; init; }

    /// <summary>When the problem began; 0 if unknown.</summary>
    public long Since { get; init; }

    /// <summary>What happens next: "Retrying; next attempt in 20 s".</summary>
    public string Note { get; init; } = "";

    /// <summary>The address of the page with details.</summary>
    public required string Link { get; init; }

    /// <summary>The lanes whose reports it counts.</summary>
    public IReadOnlyList<long> Lanes { get; init; } = [];

    /// <summary>Which reports of the lanes it counts.</summary>
    public IssueScope Scope { get; init; }

    /// <summary>Whether it is part of another issue: it is listed, but its reports are not counted again.</summary>
    public bool IsPart { get; init; }

    /// <summary>Returns the issue as part of a sentence.</summary>
    /// <param name="at">Formats a time.</param>
    public string Describe(Func<long, string> at)
    {
        var what = Clause ?? What.TrimEnd('.');
        var since = Since == 0 ? "" : Clause is null ? $", since {at(Since)}" : $" since {at(Since)}";
        return $"{Place}: {what}{since}";
    }
}
