namespace PluginGateway.Contracts;

/// <summary>Describes an adapter: its title and what it supports.</summary>
public sealed record AdapterDescriptor
{
    /// <summary>The name of the back-end system as its users know it, such as "Symology Insight". Not empty.</summary>
    public required string Title { get; init; }

    /// <summary>
    /// Which repeated calls the back end itself recognises as duplicates. A council file can override it for one back end with
    /// <c>"repeat"</c>.
    /// </summary>
    public IdempotencySupport Idempotency { get; init; }

    /// <summary>
    /// Whether the adapter calls <see cref="IAttempt.MarkCommittingAsync"/> before every call that creates something. If it does not, the
    /// gateway treats each attempt as committing from its start, and does not simply repeat it after a crash.
    /// </summary>
    public bool MarksCommit { get; init; }

    /// <summary>
    /// The key of the note (<see cref="IAttempt.NoteAsync"/>) with which the adapter states that a report was created and that something, such as its
    /// id, is still missing; null if there is none. The gateway calls <see cref="IRequestSender.SubmitAsync"/> again for a report with this note, even
    /// if a crash left the outcome of an attempt unknown, so the adapter must not create such a report again.
    /// </summary>
    public string? CreatedNote { get; init; }

    /// <summary>
    /// Whether the adapter accepts reports of services in another back end's catalogue, as e-mail does. Such a back end can be chosen as
    /// the send method of any service; each report carries the service's name, groups and questions.
    /// </summary>
    public bool AnyService { get; init; }

    /// <summary>
    /// Whether the services are part of the back end's settings, so that <see cref="IServiceCatalogue.GetServicesAsync"/> makes no calls
    /// and completes at once. The examples of a council file are then checked against these services, and a service that is removed from the
    /// settings is withdrawn without further confirmation.
    /// </summary>
    public bool CatalogueInSettings { get; init; }

    /// <summary>
    /// How the back end accepts pictures and other files. This is informational: whatever is stated here, every report contains both
    /// <see cref="ServiceRequest.MediaUrls"/> and <see cref="ServiceRequest.Attachments"/>.
    /// </summary>
    public AttachmentSupport AttachmentSupport { get; init; }

    /// <summary>
    /// Codes of attributes that are part of a report's content although they are automated, or the service does not define them. If the value
    /// of one of them differs, a report with the same reference is changed content and not a repeat. The time slot of a booking is an example.
    /// Answers to the service's other questions always count as content.
    /// </summary>
    public IReadOnlyList<string> IdentityAttributes { get; init; } = [];

    /// <summary>Limits that suit the back-end system, used where a council file sets none.</summary>
    public BackEndHints Hints { get; init; } = new();
}
