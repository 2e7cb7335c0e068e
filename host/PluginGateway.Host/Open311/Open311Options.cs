using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Host.Open311;

/// <summary>Settings of the Open311 endpoint.</summary>
internal sealed class Open311Options
{
    public const string Section = "Open311";

    /// <summary>
    /// The origins that may send GET calls from a browser: <c>*</c>, one origin, or empty for none. POST calls from other origins are never allowed.
    /// </summary>
    public string AllowOrigin { get; set; } = "*";

    /// <summary>Whether calls over plain HTTP are refused.</summary>
    public bool RequireHttps { get; set; }

    /// <summary>The contact in the discovery document.</summary>
    [Required]
    public string Contact { get; set; } = "The operator of this gateway.";

    /// <summary>The text in the discovery document that explains how to get a key.</summary>
    [Required]
    public string KeyService { get; set; } = "Ask the operator of this gateway for a key.";

    /// <summary>The maximum size of an uploaded file, in bytes.</summary>
    [Range(1, 60 << 20)]
    public int MaxFileBytes { get; set; } = 15 << 20;

    /// <summary>The maximum number of files in one report or update.</summary>
    [Range(0, 100)]
    public int MaxFiles { get; set; } = 10;

    /// <summary>
    /// The maximum number of pixels according to a picture's header. A picture with more pixels than any camera produces can harm the program that
    /// opens it.
    /// </summary>
    [Range(1, 10_000_000_000)]
    public long MaxPixels { get; set; } = 200_000_000;
}

[OptionsValidator]
internal sealed partial class Open311OptionsValidator : IValidateOptions<Open311Options>;
