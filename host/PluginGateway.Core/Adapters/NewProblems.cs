using System.Collections.Concurrent;

namespace PluginGateway.Core.Adapters;

/// <summary>Finds the problems that were not there when something was read the last time, so that the log mentions each only once while it lasts.</summary>
internal sealed class NewProblems
{
    private readonly ConcurrentDictionary<string, HashSet<string>> _last = new(StringComparer.Ordinal);

    /// <summary>Returns the problems that are new, with the number of times that each occurred.</summary>
    /// <param name="source">What was read, for example the key of a back end.</param>
    /// <param name="problems">All problems of this reading.</param>
    public IReadOnlyList<(string Problem, int Count)> Find(string source, IReadOnlyCollection<string> problems)
    {
        if (problems.Count == 0)
        {
            _last.TryRemove(source, out _);
            return [];
        }

        var known = _last.GetValueOrDefault(source);
        _last[source] = problems.ToHashSet(StringComparer.Ordinal);
        return [.. problems.CountBy(p => p, StringComparer.Ordinal).Where(p => known?.Contains(p.Key) != true).Select(p => (p.Key, p.Value))];
    }
}
