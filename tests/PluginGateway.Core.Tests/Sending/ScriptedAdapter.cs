using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>
/// Replaces the adapter of the council's back ends with one that behaves as the test specifies and records its calls. It sends reports and
/// updates and runs follow-ups; finding, planning and collecting are optional.
/// </summary>
internal sealed class ScriptedAdapter : IAdapterPlugin
{
    /// <summary>The calls in order: <c>submit</c>, <c>find</c>, <c>update</c>, <c>follow-up</c>, <c>plan</c> or <c>collect</c>.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public bool MarksCommit { get; init; }

    public IdempotencySupport Idempotency { get; init; }

    public string? CreatedNote { get; init; }

    /// <summary>Whether the adapter can look up reports.</summary>
    public bool CanFind { get; init; }

    public Func<ServiceRequest, IAttempt, Task<Submission>> Submit { get; set; } = (_, _) => Task.FromResult(new Submission { BackEndId = "CASE-1" });

    public Func<Task<LookupResult>> Find { get; set; } = () => Task.FromResult(LookupResult.Inconclusive);

    public Func<ClientUpdate, Task<UpdateSubmission>> Update { get; set; } = _ => Task.FromResult(new UpdateSubmission { BackEndId = "NOTE-1" });

    public Func<Task<FollowUpResult>> FollowUp { get; set; } = () => Task.FromResult(FollowUpResult.Done);

    public Func<RequestPlan>? Plan { get; set; }

    public Func<UpdateWindow, Task<UpdateBatch>>? Collect { get; set; }

    /// <summary>Registers the adapter as <c>blackhole</c>.</summary>
    public ScriptedAdapter Into(PluginCatalog plugins)
    {
        plugins.AddBuiltIn("blackhole", this);
        return this;
    }

    public AdapterDescriptor Describe() => new() { Title = "Scripted", MarksCommit = MarksCommit, Idempotency = Idempotency, CreatedNote = CreatedNote, AnyService = true };

    public ICouncilAdapter Create(AdapterContext context) => this switch
    {
        { CanFind: true } => new Finder(this),
        { Plan: not null } => new Planner(this),
        { Collect: not null } => new Source(this),
        _ => new Sender(this),
    };

    private class Sender(ScriptedAdapter script) : IRequestSender, IUpdateSender, IFollowUpRunner
    {
        protected ScriptedAdapter Script => script;

        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            script.Calls.Enqueue("submit");
            return script.Submit(request, attempt);
        }

        public Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken ct)
        {
            script.Calls.Enqueue("update");
            return script.Update(update);
        }

        public Task<FollowUpResult> RunAsync(FollowUp followUp, ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            script.Calls.Enqueue("follow-up");
            return script.FollowUp();
        }
    }

    private sealed class Finder(ScriptedAdapter script) : Sender(script), ISubmissionFinder
    {
        public Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            Script.Calls.Enqueue("find");
            return Script.Find();
        }
    }

    private sealed class Planner(ScriptedAdapter script) : Sender(script), IRequestPlanner
    {
        public RequestPlan Plan(ServiceRequest request)
        {
            Script.Calls.Enqueue("plan");
            return Script.Plan!();
        }
    }

    private sealed class Source(ScriptedAdapter script) : Sender(script), IUpdateSource
    {
        public Task<UpdateBatch> CollectAsync(UpdateWindow from, CancellationToken ct)
        {
            Script.Calls.Enqueue("collect");
            return Script.Collect!(from);
        }
    }
}
