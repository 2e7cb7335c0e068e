using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Core.Storage;

/// <summary>The location of the gateway's persistent state.</summary>
internal sealed class StateOptions
{
    public const string Section = "State";

    /// <summary>The folder of the database and of the staged plug-ins, relative to the content root.</summary>
    [Required]
    public string Path { get; set; } = "state";

    /// <summary>
    /// Files of certificates with RSA keys (<c>.pem</c> or PKCS #12) that wrap the data-protection keys, after the keys in <c>GATEWAY_KEY</c>. The first key or
    /// certificate wraps; all unwrap.
    /// </summary>
    public string[] KeyCertificates { get; set; } = [];

    public string FullPath => System.IO.Path.GetFullPath(Path, AppContext.BaseDirectory);
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class StateOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<StateOptions>;
