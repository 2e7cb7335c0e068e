using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Host.Open311;

/// <summary>Settings of the Open311 endpoint.</summary>
internal sealed class Open311Options
{
    public const string Section = "Open311";

    /// <summary>Which origins may read with GET from a browser: <c>*</c>, one origin, or empty for none. POST is never allowed from elsewhere.</summary>
    public string AllowOrigin { get; set; } = "*";

    /// <summary>Refuse calls over plain http.</summary>
    public bool RequireHttps { get; set; }

    /// <summary>Whom discovery names for questions.</summary>
    [Required]
    public string Contact { get; set; } = "The operator of this gateway.";

    /// <summary>Where discovery says that keys are to be had.</summary>
    [Required]
    public string KeyService { get; set; } = "Ask the operator of this gateway for a key.";

    /// <summary>The most a single uploaded file may have.</summary>
    [Range(1, 60 << 20)]
    public int MaxFileBytes { get; set; } = 15 << 20;

    /// <summary>The most files that may come with one report.</summary>
    [Range(0, 100)]
    public int MaxFiles { get; set; } = 10;

    /// <summary>The most pixels that a picture may say it has: more than any camera makes is meant to harm whoever opens it.</summary>
    [Range(1, 10_000_000_000)]
    public long MaxPixels { get; set; } = 200_000_000;
}

[OptionsValidator]
internal sealed partial class Open311OptionsValidator : IValidateOptions<Open311Options>;
