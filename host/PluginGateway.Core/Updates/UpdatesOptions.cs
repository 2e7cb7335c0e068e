using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Updates;

/// <summary>The settings for updates and documents from councils.</summary>
internal sealed class UpdatesOptions
{
    public const string Section = "Updates";

    /// <summary>How often updates are collected from each back end.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The time limit of one collection and of reading one document.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Within { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The length of the first window that is collected from a back end.</summary>
    public TimeSpan FirstWindow { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How far each window overlaps the previous one, because back ends return some updates late.</summary>
    public TimeSpan Overlap { get; set; } = TimeSpan.FromHours(2);

    /// <summary>
    /// The delay between the receipt of an update and the time with which it is served. It is longer than a commit usually takes, so that a client whose
    /// windows follow each other does not miss an update that is being committed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ServeAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The maximum age of missed updates that a client gets after its return.</summary>
    public TimeSpan CatchUp { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The maximum length of a document, in bytes.</summary>
    [Range(1_024, 1L << 31)]
    public long MaxDocumentBytes { get; set; } = 64 << 20;

    /// <summary>How long a file in a watched folder must be unchanged before it is stored.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Settle { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class UpdatesOptionsValidator : IValidateOptions<UpdatesOptions>;
