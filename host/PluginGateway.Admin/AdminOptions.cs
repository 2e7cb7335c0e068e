using System.ComponentModel.DataAnnotations;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

/// <summary>Options of the operators' site.</summary>
internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>The idle time-out of a session.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>The maximum duration of a session, even if it is in use.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// Whether the site is served over plain http too, for example in a protected network without certificates. In development, it is always served to
    /// programs on the same machine.
    /// </summary>
    public bool AllowHttp { get; set; }

    /// <summary>Whether every account with a password must have a second factor. Until it has one, it can use nothing else.</summary>
    public bool RequireSecondFactor { get; set; }

    /// <summary>The identity provider through which operators can sign in, beside accounts with passwords.</summary>
    public OpenIdOptions OpenIdConnect { get; set; } = new();

    /// <summary>The time zone for times that belong to no council. The default is the zone that all councils share, or UTC if they differ.</summary>
    public string? TimeZone { get; set; }
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class AdminOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<AdminOptions>;
