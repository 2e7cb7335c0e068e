using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Updates;

/// <summary>The times and sizes of what comes back from councils.</summary>
internal sealed class UpdatesOptions
{
    public const string Section = "Updates";

    /// <summary>How often each back end is asked for news.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one collection, and the reading of one document, may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Within { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How far back the first collection of a back end looks.</summary>
    public TimeSpan FirstWindow { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How much of the last window is asked for again: back ends give news late.</summary>
    public TimeSpan Overlap { get; set; } = TimeSpan.FromHours(2);

    /// <summary>
    /// How long after it was learned news is shown to clients: longer than a commit usually takes, so that a client that goes on where it
    /// stopped does not pass by news that was about to appear.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ServeAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How far back a client is told what it missed while it was away.</summary>
    public TimeSpan CatchUp { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The longest document, in bytes.</summary>
    [Range(1_024, 1L << 31)]
    public long MaxDocumentBytes { get; set; } = 64 << 20;

    /// <summary>How long a file in a watched folder must be still before it is taken.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Settle { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class UpdatesOptionsValidator : IValidateOptions<UpdatesOptions>;
