using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin;

/// <summary>The time zone for displayed times.</summary>
internal sealed class DisplayTimeZone(CouncilDirectory councils, IOptions<AdminOptions> options)
{
    /// <summary>The time zone for times that belong to no council.</summary>
    public TimeZoneInfo Zone => options.Value.TimeZone is { Length: > 0 } id ? TimeZoneInfo.FindSystemTimeZoneById(id) : Shared() ?? TimeZoneInfo.Utc;

    /// <summary>Returns the time zone of a council; the default zone when its council file no longer exists.</summary>
    public TimeZoneInfo Of(string council) => councils.Current.Find(council)?.TimeZone ?? Zone;

    private TimeZoneInfo? Shared() => councils.Current.Councils.Select(c => c.TimeZone).Distinct().ToList() is [var one] ? one : null;
}
