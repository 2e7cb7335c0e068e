namespace PluginGateway.Contracts;

/// <summary>What an adapter says about itself.</summary>
public sealed record AdapterDescriptor
{
    /// <summary>What the system is called by the people who use it: "Symology Insight".</summary>
    public required string Title { get; init; }

    /// <summary>Which doubles the back end itself refuses. A council file can override it for one back end with <c>"repeat"</c>.</summary>
    public RepeatSafety Repeat { get; init; }

    /// <summary>
    /// The adapter calls <see cref="IAttempt.CommittingAsync"/> before every call that creates something. A call of an adapter that does
    /// not say so is taken to have left from its start, so that after a crash it is never simply made again.
    /// </summary>
    public bool Stamps { get; init; }

    /// <summary>
    /// Takes reports of services that are in another back end's catalogue, as e-mail does: it can be chosen as the send method of any
    /// service, and is given the service's name, group and questions with the report.
    /// </summary>
    public bool AnyService { get; init; }

    /// <summary>
    /// The services stand in the back end's settings: <see cref="IServiceCatalogue.GetServicesAsync"/> asks nobody and ends at once. They are
    /// then used for the council file's examples too, and one that is taken out of the settings is gone on purpose.
    /// </summary>
    public bool CatalogueInSettings { get; init; }

    /// <summary>How the back end takes pictures.</summary>
    public PhotoSupport Photos { get; init; }

    /// <summary>
    /// Codes of attributes that make a report a different one even when the client gives the same reference, such as the slot of a
    /// booking.
    /// </summary>
    public IReadOnlyList<string> Identity { get; init; } = [];
}

/// <summary>Which repeated calls a back end recognises and answers without creating a second thing.</summary>
public enum RepeatSafety
{
    /// <summary>None: a call that may have arrived is not made again without asking.</summary>
    None,

    /// <summary>Reports that carry the same reference.</summary>
    Reports,

    /// <summary>Updates that carry the same reference.</summary>
    Updates,

    /// <summary>Reports and updates.</summary>
    Both,
}

/// <summary>How a back end takes pictures.</summary>
public enum PhotoSupport
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>As addresses.</summary>
    Link,

    /// <summary>As bytes.</summary>
    Bytes,
}
