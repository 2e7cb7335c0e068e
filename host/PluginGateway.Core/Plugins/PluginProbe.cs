using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// Tries a new generation with every back end that uses it: settings, examples, service lists. What does not work with the generation that
/// serves either (a council's system that is down, say) is not held against the new one.
/// </summary>
internal sealed class PluginProbe(CouncilDirectory councils, CouncilCheck check, AdapterContexts contexts) : IPluginProbe
{
    /// <summary>Each may keep a thread for good.</summary>
    private const int MaxConcurrent = 8;

    public async Task<string?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct)
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
                if (check.Run(council, backEnd, next) is { Count: > 0 } errors && check.Run(council, backEnd, now).Count == 0)
                    return $"council {council.JurisdictionId}: {string.Join("; ", errors.Take(3))}";

            var problems = new string?[backEnds.Count];
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

    private async Task<string?> FindServicesProblemAsync(BackEnd backEnd, PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        var (count, problem) = await ReadAsync(backEnd, next, ct);
        if (problem is null && count is null or > 0)
            return null;
        // No time is left to ask the other, and hanging is the new one's own.
        if (ct.IsCancellationRequested)
            return $"{backEnd.Key}: {problem}";

        var (countNow, problemNow) = await ReadAsync(backEnd, now, ct);
        if (problemNow is not null || countNow is null or 0)
            return null;
        return $"{backEnd.Key}: {problem ?? $"it gives no services, and there are {countNow}"}";
    }

    /// <summary>How many services a back end has by a generation: null when it is no catalogue. Or why they cannot be read.</summary>
    private async Task<(int? Count, string? Problem)> ReadAsync(BackEnd backEnd, PluginGeneration generation, CancellationToken ct)
    {
        try
        {
            // The adapter that will serve: by this its code is compiled before the first report comes.
            if (generation.Adapter(
                backEnd.Key, backEnd.FileHash, (contexts, backEnd),
                static (from, unloading) => from.contexts.For(from.backEnd, unloading)) is not IServiceCatalogue catalogue)
                return (null, null);

            var services = await Task.Run(() => catalogue.GetServicesAsync(ct), ct).WaitAsync(ct);
            return services is null ? (0, "its service list is null") : (services.Count, ServiceListValidator.FindProblem(services));
        }
#pragma warning disable CA1031 // The plug-in boundary: what a plug-in throws becomes a reason, as text.
        catch (Exception e)
        {
            return (null, $"its services cannot be read: {(e is OperationCanceledException ? "time-out" : $"{e.GetType().Name}: {e.Message}")}");
        }
#pragma warning restore CA1031
    }
}
