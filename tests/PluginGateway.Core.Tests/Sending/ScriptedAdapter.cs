using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>
/// The adapter of the council's back ends, in place of the one that sends nothing: it does what the test says, and counts its calls. It sends
/// reports and updates and runs follow-ups; it finds, plans and collects where the test asks for that.
/// </summary>
internal sealed class ScriptedAdapter : IAdapterPlugin
{
    /// <summary>What is called, in order: <c>submit</c>, <c>find</c>, <c>update</c>, <c>follow-up</c>, <c>plan</c> or <c>collect</c>.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public bool Stamps { get; init; }

    public IdempotencySupport Repeat { get; init; }

    /// <summary>Whether it can be asked for a report.</summary>
    public bool Finds { get; init; }

    public Func<ServiceRequest, IAttempt, Task<Submission>> Submit { get; set; } = (_, _) => Task.FromResult(new Submission { BackEndId = "CASE-1" });

    public Func<Task<LookupResult>> Find { get; set; } = () => Task.FromResult(LookupResult.Inconclusive);

    public Func<ClientUpdate, Task<UpdateSubmission>> Update { get; set; } = _ => Task.FromResult(new UpdateSubmission { BackEndId = "NOTE-1" });

    public Func<Task<FollowUpResult>> FollowUp { get; set; } = () => Task.FromResult(FollowUpResult.Done);

    public Func<RequestPlan>? Plan { get; set; }

    public Func<UpdateWindow, Task<UpdateBatch>>? Collect { get; set; }

    /// <summary>Puts it in place of <c>blackhole</c>.</summary>
    public ScriptedAdapter Into(PluginCatalog plugins)
    {
        plugins.AddBuiltIn("blackhole", this);
        return this;
    }

    public AdapterDescriptor Describe() => new() { Title = "Scripted", MarksCommit = Stamps, Idempotency = Repeat, AnyService = true };

    public ICouncilAdapter Create(AdapterContext context) => this switch
    {
        { Finds: true } => new Finder(this),
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
