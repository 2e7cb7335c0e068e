using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Core.Councils;

/// <summary>Settings of council files, secrets and service catalogues.</summary>
internal sealed class CouncilOptions
{
    public const string Section = "Councils";

    /// <summary>The folder of the council files (*.json), relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "councils";

    /// <summary>The folder of the secrets, one file each, relative to the content root.</summary>
    [Required]
    public string SecretsPath { get; set; } = "secrets";

    /// <summary>How often the service catalogues of back ends are refreshed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan CatalogueEvery { get; set; } = TimeSpan.FromMinutes(10);

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);

    public string FullSecretsPath => System.IO.Path.GetFullPath(SecretsPath, AppContext.BaseDirectory);
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class CouncilOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<CouncilOptions>;
