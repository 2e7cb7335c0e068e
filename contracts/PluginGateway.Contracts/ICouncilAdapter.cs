using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.Contracts;

/// <summary>
/// The adapter of one back end. It has no members: an adapter is the capabilities it implements, each an interface of its own
/// (<see cref="IServiceCatalogue"/>, <see cref="IRequestSender"/>, …). One instance serves many calls at a time and keeps no state that
/// matters; records go in and records come out, complete: no stream, lazy sequence or delegate of the plug-in outlives its call.
/// </summary>
[SuppressMessage("Design", "CA1040:Avoid empty interfaces", Justification = "The common root is what a plug-in creates.")]
public interface ICouncilAdapter;

/// <summary>The back end publishes its services itself.</summary>
public interface IServiceCatalogue : ICouncilAdapter
{
    /// <summary>
    /// All services, with their attributes. A partial list is an error, not a shorter answer: clients delete the categories that are
    /// missing from a list.
    /// </summary>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>The services; codes are unique.</returns>
    /// <exception cref="AdapterException">The list cannot be read completely.</exception>
    Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct);
}

/// <summary>Decides what a report means to the council (team, priority, codes) before anything is sent.</summary>
public interface IRequestPlanner : ICouncilAdapter
{
    /// <summary>
    /// Plans a report. Pure: the same report gives the same plan, and nothing outside is asked. Runs while the client waits.
    /// </summary>
    /// <param name="request">The report.</param>
    /// <returns>The facts decided, and how.</returns>
    RequestPlan Plan(ServiceRequest request);
}

/// <summary>Sends reports to the back end.</summary>
public interface IRequestSender : ICouncilAdapter
{
    /// <summary>
    /// Creates the case. Once the back end has created it, this must return: what is still to do (pictures, a reference to set) belongs in
    /// <see cref="Submission.FollowUps"/>, whose failing never repeats the create.
    /// </summary>
    /// <param name="request">The report.</param>
    /// <param name="attempt">Stamp it with <see cref="IAttempt.CommittingAsync"/> directly before the call that creates.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>What was created.</returns>
    /// <exception cref="AdapterException">Nothing was created, or it is not known; the kind says which.</exception>
    Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct);
}

/// <summary>Can find out whether a report arrived whose answer was lost.</summary>
public interface ISubmissionFinder : ICouncilAdapter
{
    /// <summary>Looks for a report by the reference that was sent with it. Changes nothing.</summary>
    /// <param name="request">The report.</param>
    /// <param name="attempt">The notes of earlier tries; nothing is to be stamped.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>Found, absent, or that it cannot be told.</returns>
    /// <exception cref="AdapterException">The back end could not be asked.</exception>
    Task<Finding> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct);
}

/// <summary>Does what is left to do after a report was created.</summary>
public interface IFollowUpRunner : ICouncilAdapter
{
    /// <summary>Runs one follow-up.</summary>
    /// <param name="job">The follow-up, as <see cref="Submission.FollowUps"/> named it.</param>
    /// <param name="request">The report it belongs to.</param>
    /// <param name="attempt">This try of the follow-up.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>Done, or not yet.</returns>
    /// <exception cref="AdapterException">It failed; the kind says how. The report itself stays sent.</exception>
    Task<FollowUpResult> RunAsync(FollowUp job, ServiceRequest request, IAttempt attempt, CancellationToken ct);
}

/// <summary>Sends a client's updates to the back end that has the case.</summary>
public interface IUpdateSender : ICouncilAdapter
{
    /// <summary>Adds an update to a case.</summary>
    /// <param name="update">The update; its report's back-end id is filled in.</param>
    /// <param name="attempt">This try.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>An id, or that the council does not take this one.</returns>
    /// <exception cref="AdapterException">It failed; the kind says how.</exception>
    Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken ct);
}

/// <summary>Collects the council's updates.</summary>
public interface IUpdateSource : ICouncilAdapter
{
    /// <summary>Collects what is new. Reads that the back end forgets after reading go through <see cref="Collection.KeepAsync"/> first.</summary>
    /// <param name="from">Where to go on: window and cursor.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>The updates and the next cursor.</returns>
    /// <exception cref="AdapterException">They could not be read; nothing is moved on.</exception>
    Task<Collected> CollectAsync(Collection from, CancellationToken ct);
}

/// <summary>Reads documents that were stored first: CSV exports, pushed bodies, uploads.</summary>
public interface IDocumentReader : ICouncilAdapter
{
    /// <summary>
    /// Reads a document entry by entry. A row that cannot be read is an entry too, with its problem; only a document that cannot be read at all is an
    /// error.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>Updates, requests and problems, in the order of the rows.</returns>
    IAsyncEnumerable<DocumentEntry> ReadAsync(Document document, CancellationToken ct);
}

/// <summary>Can look up reports at the back end.</summary>
public interface IRequestSource : ICouncilAdapter
{
    /// <summary>Reads reports by id or by window.</summary>
    /// <param name="query">What to read.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>One page.</returns>
    /// <exception cref="AdapterException">They could not be read.</exception>
    Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken ct);
}

/// <summary>Can say cheaply whether the back end answers and lets us in.</summary>
public interface IConnectionCheck : ICouncilAdapter
{
    /// <summary>Connects and authenticates; changes nothing.</summary>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>A task that ends when the back end answered well.</returns>
    /// <exception cref="AdapterException">It did not; the message says why.</exception>
    Task CheckAsync(CancellationToken ct);
}
