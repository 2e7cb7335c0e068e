using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Operating;

/// <summary>Which back ends reports can be sent by: one that sends, and is the service's owner or takes services of others.</summary>
internal sealed class Routes(AdapterCaller adapters)
{
    /// <param name="backEnd">The back end.</param>
    /// <param name="owner">The owner of the service; empty for services of any owner.</param>
    public bool Takes(BackEnd backEnd, string owner) =>
        backEnd is { IsCopy: false } && adapters.Has<IRequestSender>(backEnd) && (backEnd.Name == owner || TakesAny(backEnd));

    public bool TakesAny(BackEnd backEnd) => adapters.Describe(backEnd)?.AnyService == true;

    /// <summary>The back ends of a council that can be a route, by name.</summary>
    public IReadOnlyList<BackEnd> Of(Council council, string owner) =>
        [.. council.BackEnds.Values.Where(b => Takes(b, owner)).OrderBy(b => b.Name, StringComparer.Ordinal)];
}
