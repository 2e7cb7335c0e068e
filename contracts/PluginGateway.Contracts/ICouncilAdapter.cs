using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.Contracts;

/// <summary>
/// The adapter of one back end. It has no members of its own: an adapter implements one interface for each of its capabilities
/// (<see cref="IServiceCatalogue"/>, <see cref="IRequestSender"/> and so on). One instance serves many calls at the same time and keeps no
/// state that matters. It takes and returns complete records: no stream, lazy sequence or delegate of the plug-in may outlive its call.
/// </summary>
[SuppressMessage("Design", "CA1040:Avoid empty interfaces", Justification = "It is the return type of IAdapterPlugin.Create.")]
public interface ICouncilAdapter;

/// <summary>Implemented by adapters of back ends that publish their services.</summary>
public interface IServiceCatalogue : ICouncilAdapter
{
    /// <summary>
    /// Returns all services with their attributes. Throw when the list cannot be read completely: clients delete categories that are missing
    /// from it.
    /// </summary>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The services; their codes are unique.</returns>
    /// <exception cref="AdapterException">The list cannot be read completely.</exception>
    Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that decide what a report means to the council (team, priority, codes) before it is sent.</summary>
public interface IRequestPlanner : ICouncilAdapter
{
    /// <summary>
    /// Plans a report. The method is pure: the same report always gives the same plan, and no I/O is performed. It runs while the client
    /// waits for its answer.
    /// </summary>
    /// <param name="request">The report.</param>
    /// <returns>The decisions and how they were made.</returns>
    RequestPlan Plan(ServiceRequest request);
}

/// <summary>Implemented by adapters that send reports to the back end.</summary>
public interface IRequestSender : ICouncilAdapter
{
    /// <summary>
    /// Creates the case. Once the back end has created it, this method must return: put the remaining work, such as uploading pictures or
    /// setting a reference, into <see cref="Submission.FollowUps"/>. A failed follow-up never repeats the creation.
    /// </summary>
    /// <param name="request">The report.</param>
    /// <param name="attempt">This try. Call <see cref="IAttempt.MarkCommittingAsync"/> directly before the call that creates the case.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>What was created.</returns>
    /// <exception cref="AdapterException">Nothing was created, or the outcome is unknown; the kind says which.</exception>
    Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that can find out whether a report reached the back end when its answer was lost.</summary>
public interface ISubmissionFinder : ICouncilAdapter
{
    /// <summary>Searches for a report by the reference that was sent with it. Changes nothing.</summary>
    /// <param name="request">The report.</param>
    /// <param name="attempt">The notes of earlier tries. Do not mark it as committing.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Found, absent or inconclusive.</returns>
    /// <exception cref="AdapterException">The back end could not be asked.</exception>
    Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters whose reports need further calls after they were created.</summary>
public interface IFollowUpRunner : ICouncilAdapter
{
    /// <summary>Runs one follow-up.</summary>
    /// <param name="job">The follow-up, as it was returned in <see cref="Submission.FollowUps"/>.</param>
    /// <param name="request">The report that it belongs to.</param>
    /// <param name="attempt">This try of the follow-up.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Whether it is done, or when to try again.</returns>
    /// <exception cref="AdapterException">It failed; the kind says how. The report itself stays sent.</exception>
    Task<FollowUpResult> RunAsync(FollowUp job, ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that send clients' updates to the back end that has the case.</summary>
public interface IUpdateSender : ICouncilAdapter
{
    /// <summary>Adds an update to a case.</summary>
    /// <param name="update">The update, with the back end's id of the case.</param>
    /// <param name="attempt">This try.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The back end's id of the update, or why it was not sent.</returns>
    /// <exception cref="AdapterException">It failed; the kind says how.</exception>
    Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that collect the council's updates.</summary>
public interface IUpdateSource : ICouncilAdapter
{
    /// <summary>
    /// Collects new updates. If the back end returns something only once, pass it to <see cref="UpdateWindow.Documents"/> before doing
    /// anything else with it.
    /// </summary>
    /// <param name="window">The time window and the cursor to continue from.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The updates and the next cursor.</returns>
    /// <exception cref="AdapterException">The updates could not be read; the cursor stays where it is.</exception>
    Task<UpdateBatch> CollectAsync(UpdateWindow window, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that read stored documents: CSV exports, pushed bodies and uploaded files.</summary>
public interface IDocumentReader : ICouncilAdapter
{
    /// <summary>
    /// Reads a document entry by entry. Return an entry with its problem for a row that cannot be read; throw only when the document as a
    /// whole cannot be read.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Updates, requests and problems, in the order of the rows.</returns>
    /// <exception cref="AdapterException">The document cannot be read at all.</exception>
    IAsyncEnumerable<DocumentEntry> ReadAsync(Document document, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that can look up reports at the back end.</summary>
public interface IRequestSource : ICouncilAdapter
{
    /// <summary>Returns reports by their ids or by a time window.</summary>
    /// <param name="query">Which reports to return.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>One page of reports.</returns>
    /// <exception cref="AdapterException">The reports could not be read.</exception>
    Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that can check cheaply whether the back end answers and accepts the credentials.</summary>
public interface IConnectionCheck : ICouncilAdapter
{
    /// <summary>Connects and authenticates without changing anything.</summary>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>A task that completes when the back end has accepted the connection.</returns>
    /// <exception cref="AdapterException">The check failed; the message says why.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
