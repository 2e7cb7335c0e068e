using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Host.Adapters;

/// <summary>Where plug-ins are dropped.</summary>
internal sealed class PluginOptions
{
    public const string Section = "Plugins";

    /// <summary>The plug-ins folder; relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "plugins";

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);
}

[OptionsValidator]
internal sealed partial class PluginOptionsValidator : IValidateOptions<PluginOptions>;
