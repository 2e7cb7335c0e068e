using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Alerts;

/// <summary>The settings for notifying operators of incidents.</summary>
internal sealed class AlertOptions
{
    public const string Section = "Alerts";

    /// <summary>E-mail addresses, separated by commas. When empty, incidents are only logged.</summary>
    public string To { get; set; } = "";

    /// <summary>How often the gateway checks for incidents.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The age at which a delivery that has not been sent is an incident.</summary>
    public TimeSpan OldestUnsent { get; set; } = TimeSpan.FromMinutes(30);
}

[OptionsValidator]
internal sealed partial class AlertOptionsValidator : IValidateOptions<AlertOptions>;
