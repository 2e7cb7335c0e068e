using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Core.Storage;

/// <summary>The location of the gateway's persistent state.</summary>
internal sealed class StateOptions
{
    public const string Section = "State";

    /// <summary>The folder of the database and of the staged plug-ins, relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "state";

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class StateOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<StateOptions>;
