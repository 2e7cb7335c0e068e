using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Cluster;

/// <summary>How the processes that share a database know of each other, and how long each may claim that it is sending something.</summary>
internal sealed class LeaseOptions
{
    public const string Section = "Sending";

    /// <summary>How long a claim holds without being renewed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often claims are renewed and lost ones looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan LeaseRenewal { get; set; } = TimeSpan.FromSeconds(15);
}

[OptionsValidator]
internal sealed partial class LeaseOptionsValidator : IValidateOptions<LeaseOptions>;
