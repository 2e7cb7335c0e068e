using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Alerts;

/// <summary>Who is told when something needs a person, and when.</summary>
internal sealed class AlertOptions
{
    public const string Section = "Alerts";

    /// <summary>Addresses with commas; empty: alerts go to the log only.</summary>
    public string To { get; set; } = "";

    /// <summary>How often it is looked whether something is wrong.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A report that is still not sent after this time is one.</summary>
    public TimeSpan OldestUnsent { get; set; } = TimeSpan.FromMinutes(30);
}

[OptionsValidator]
internal sealed partial class AlertOptionsValidator : IValidateOptions<AlertOptions>;
