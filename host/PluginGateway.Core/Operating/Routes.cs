using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Operating;

/// <summary>
/// Determines through which back ends reports can be sent: those whose adapter sends reports and that own the service or accept services of other owners.
/// </summary>
internal sealed class Routes(AdapterCaller adapters)
{
    /// <param name="backEnd">The back end.</param>
    /// <param name="owner">The owner of the service; empty for services of any owner.</param>
    public bool Accepts(BackEnd backEnd, string owner) =>
        backEnd is { IsCopy: false } && adapters.Has<IRequestSender>(backEnd) && (backEnd.Name == owner || AcceptsAny(backEnd));

    public bool AcceptsAny(BackEnd backEnd) => adapters.Describe(backEnd)?.AnyService == true;

    /// <summary>Returns where the reports of each owner are sent if no choice is made for their service.</summary>
    /// <param name="council">The council.</param>
    /// <param name="chosen">The back end that was chosen for the council; null if the council file decides.</param>
    /// <returns>The targets; empty if the chosen back end is no longer in the council file, so that reports wait.</returns>
    public IReadOnlyList<RouteTarget> Defaults(Council council, string? chosen)
    {
        var method = chosen is null ? council.SendMethod : council.BackEnds.GetValueOrDefault(chosen);
        return chosen is not null && method is null
            ? []
            : [.. council.BackEnds.Values.Select(owner => new RouteTarget(owner.Name, RouteTable.Choose(adapters, method, owner)))];
    }

    /// <summary>Returns the back ends of a council through which reports can be sent, by name.</summary>
    public IReadOnlyList<BackEnd> Of(Council council, string owner) =>
        [.. council.BackEnds.Values.Where(b => Accepts(b, owner)).OrderBy(b => b.Name, StringComparer.Ordinal)];
}
