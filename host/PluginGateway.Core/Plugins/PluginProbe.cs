using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// Checks a new generation with every back end that uses it: settings, examples, service lists. A check that fails with the current generation
/// as well, for example because a council's system is unavailable, does not count against the new one.
/// </summary>
internal sealed class PluginProbe(CouncilDirectory councils, CouncilCheck check, AdapterContexts contexts) : IPluginProbe
{
    /// <summary>How long a version may take to read services. A back end that says nothing must leave time to ask with the current version.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(15);

    /// <summary>The number of back ends checked at the same time; each check may block a thread permanently.</summary>
    private const int MaxConcurrent = 8;

    public async Task<ProbeProblem?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        if (!now.TryEnter())
            return null;

        try
        {
            var backEnds = (from council in councils.Current.Councils
                            from backEnd in council.BackEnds.Values
                            where backEnd.Adapter == next.AdapterName
                            select (council, backEnd)).ToList();
            foreach (var (council, backEnd) in backEnds)
                if (check.Run(council, backEnd, next, patiently: true) is { IsValid: false } result && check.Run(council, backEnd, now).IsValid)
                    return Problem(council, result);

            var problems = new ProbeProblem?[backEnds.Count];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, backEnds.Count), new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrent },
                async (i, _) => problems[i] = await FindServicesProblemAsync(backEnds[i].backEnd, next, now, ct));
            return problems.FirstOrDefault(p => p is not null);
        }
        finally
        {
            now.Exit();
        }
    }

    private static ProbeProblem Problem(Council council, CheckResult result)
    {
        var check = $"its check for council {council.JurisdictionId}";
        return result switch
        {
            { Errors.Count: > 0 } => new ProbeProblem($"{check} failed: {string.Join("; ", result.Errors.Take(3))}"),
            { IsOverProcessorTime: true } => new ProbeProblem($"{check} used too much processor time; make sure that it returns immediately"),
            _ => new ProbeProblem($"{check} did not finish in time", MayBeBusy: true),
        };
    }

    private async Task<ProbeProblem?> FindServicesProblemAsync(BackEnd backEnd, PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ReadWithin);
        var (count, problem) = await ReadAsync(backEnd, next, limit.Token);
        if (problem is null && count is null or > 0)
            return null;
        // No time is left to check the current generation, and a hang counts against the new one.
        if (ct.IsCancellationRequested)
            return new ProbeProblem($"{backEnd.Key}: {problem}", MayBeBusy: true);

        using var limitNow = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limitNow.CancelAfter(ReadWithin);
        var (countNow, problemNow) = await ReadAsync(backEnd, now, limitNow.Token);
        if (problemNow is not null || countNow is null or 0)
            return null;
        return new ProbeProblem($"{backEnd.Key}: {problem ?? $"it returns no services, but the version that serves now returns {countNow}"}");
    }

    /// <summary>Returns the number of services of a back end, or why they cannot be read. The number is null if the adapter has no catalogue.</summary>
    private async Task<(int? Count, string? Problem)> ReadAsync(BackEnd backEnd, PluginGeneration generation, CancellationToken ct)
    {
        try
        {
            // Uses the adapter that will serve, so that its code is compiled before the first delivery.
            if (generation.Adapter(
                backEnd.Key, backEnd.SettingsVersion, (contexts, backEnd),
                static (from, unloading) => from.contexts.For(from.backEnd, unloading)) is not IServiceCatalogue catalogue)
                return (null, null);

            var services = await Task.Run(() => catalogue.GetServicesAsync(ct), ct).WaitAsync(ct);
            return services is null
                ? (0, "its service list is null; return an empty list instead")
                : (ServiceList.Read(services, []).Services.Count, ServiceList.FindProblem(services));
        }
#pragma warning disable CA1031 // The plug-in boundary: an exception becomes a reason as text.
        catch (Exception e)
        {
            return (null, $"its services cannot be read: {(e is OperationCanceledException ? "time-out" : $"{e.GetType().Name}: {e.Message}")}");
        }
#pragma warning restore CA1031
    }
}
