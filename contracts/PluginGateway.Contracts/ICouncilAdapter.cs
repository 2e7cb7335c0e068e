using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.Contracts;

/// <summary>
/// The adapter of one back end. The interface is empty: an adapter implements one interface for each of its capabilities
/// (<see cref="IServiceCatalogue"/>, <see cref="IRequestSender"/> and so on). One instance serves many concurrent calls and keeps no state
/// that must survive. It accepts and returns complete records: no stream, lazy sequence or delegate of the plug-in may outlive its call.
/// </summary>
/// <remarks>
/// Each call has a deadline, at which its cancellation token fires. The gateway waits 2 more seconds, and then abandons the call.
/// </remarks>
[SuppressMessage("Design", "CA1040:Avoid empty interfaces", Justification = "It is the return type of IAdapterPlugin.Create.")]
public interface ICouncilAdapter;

/// <summary>Implemented by adapters of back ends that publish their services.</summary>
public interface IServiceCatalogue : ICouncilAdapter
{
    /// <summary>
    /// Returns all services with their attributes. Throw an exception if the list cannot be read completely: clients delete categories that are
    /// missing from it. If only the attributes of some services cannot be read, return these services with <see cref="Service.AttributesProblem"/>.
    /// </summary>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>
    /// The services, at most 10,000; each has a code and a name, its code is unique, and the codes of its attributes are unique. Services without a
    /// code or a name are skipped, and of several with the same code the first is used; the gateway counts and logs them.
    /// </returns>
    /// <exception cref="AdapterException">The list cannot be read completely.</exception>
    Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that decide what a report means to the council (team, priority, codes) before it is sent.</summary>
public interface IRequestPlanner : ICouncilAdapter
{
    /// <summary>
    /// Plans a report. The method is pure: the same report always gives the same plan, and no I/O is performed. It runs while the client
    /// waits for its response. If it takes longer than 250 milliseconds, the report is accepted without a plan and planned before it is sent.
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
    /// <param name="attempt">This attempt. Call <see cref="IAttempt.MarkCommittingAsync"/> directly before the call that creates the case.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The created case. A result that is returned after the deadline is recorded too.</returns>
    /// <exception cref="AdapterException">Nothing was created, or the outcome is unknown; see <see cref="AdapterException.Kind"/>.</exception>
    Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that can find out whether a report reached the back end after the response was lost.</summary>
public interface ISubmissionFinder : ICouncilAdapter
{
    /// <summary>Searches for a report by the reference that was sent with it. Changes nothing.</summary>
    /// <param name="request">The report.</param>
    /// <param name="attempt">This attempt, with the notes of earlier ones. Do not mark it as committing.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Found, absent or inconclusive.</returns>
    /// <exception cref="AdapterException">The search failed. The gateway repeats it every five minutes, for up to 24 hours.</exception>
    Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters whose reports need further calls after they were created.</summary>
public interface IFollowUpRunner : ICouncilAdapter
{
    /// <summary>Runs one follow-up.</summary>
    /// <param name="job">The follow-up, as it was returned in <see cref="Submission.FollowUps"/>.</param>
    /// <param name="request">The report that it belongs to.</param>
    /// <param name="attempt">This attempt at the follow-up.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Whether it is done, or when to retry.</returns>
    /// <exception cref="AdapterException">It failed; see <see cref="AdapterException.Kind"/>. The report itself stays sent.</exception>
    Task<FollowUpResult> RunAsync(FollowUp job, ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that send clients' updates to the back end that has the case.</summary>
public interface IUpdateSender : ICouncilAdapter
{
    /// <summary>Adds an update to a case.</summary>
    /// <param name="update">The update, with the back end's id of the case.</param>
    /// <param name="attempt">This attempt.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The back end's id of the update, or why it was not sent.</returns>
    /// <exception cref="AdapterException">It failed; see <see cref="AdapterException.Kind"/>.</exception>
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
    /// <exception cref="AdapterException">The updates could not be read. The next collection starts with the same cursor.</exception>
    Task<UpdateBatch> CollectAsync(UpdateWindow window, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that read stored documents: CSV exports, pushed bodies and uploaded files.</summary>
public interface IDocumentReader : ICouncilAdapter
{
    /// <summary>
    /// Reads a document entry by entry. For a row that cannot be read, return an entry with its problem; throw an exception only if the document
    /// as a whole cannot be read.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>Updates, requests and problems, in the order of the rows.</returns>
    /// <exception cref="AdapterException">
    /// The document cannot be read. After <see cref="FailureKind.Rejected"/> it counts as unreadable; after any other failure it is read again
    /// five minutes later, and counts as unreadable after the fifth.
    /// </exception>
    IAsyncEnumerable<DocumentEntry> ReadAsync(Document document, CancellationToken cancellationToken);
}

/// <summary>Implemented by adapters that can read reports from the back end.</summary>
public interface IRequestSource : ICouncilAdapter
{
    /// <summary>
    /// Returns reports by their ids or by a time window. The gateway queries ids that clients ask for and that it does not know, reads one page,
    /// and waits 20 seconds at most.
    /// </summary>
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
    /// <exception cref="AdapterException">The check failed; message and detail state why.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What <see cref="CheckAsync"/> does, as a phrase that completes the sentence "The test …", without a full stop: for example "reads the list of services
    /// with the API key". Operators see it when a test succeeds. Empty, the default, if the adapter does not say.
    /// </summary>
    string Covers => "";
}
