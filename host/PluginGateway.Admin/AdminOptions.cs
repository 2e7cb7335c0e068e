using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Admin;

/// <summary>The operators' site.</summary>
internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>Who does nothing for so long has to sign in again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Who signed in so long ago has to sign in again, whatever they do.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The zone of times that belong to no council; without it, the one that all councils share, else UTC.</summary>
    public string? TimeZone { get; set; }
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class AdminOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<AdminOptions>;
