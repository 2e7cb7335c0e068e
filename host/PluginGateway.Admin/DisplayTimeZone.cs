using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin;

/// <summary>The zone of what belongs to no council.</summary>
internal sealed class DisplayTimeZone(CouncilDirectory councils, IOptions<AdminOptions> options)
{
    public TimeZoneInfo Zone => options.Value.TimeZone is { Length: > 0 } set ? TimeZoneInfo.FindSystemTimeZoneById(set) : Shared() ?? TimeZoneInfo.Utc;

    /// <summary>The zone of a council, also of one whose file has gone.</summary>
    public TimeZoneInfo Of(string council) => councils.Current.Find(council)?.TimeZone ?? Zone;

    private TimeZoneInfo? Shared() => councils.Current.Councils.Select(c => c.TimeZone).Distinct().ToList() is [var one] ? one : null;
}
