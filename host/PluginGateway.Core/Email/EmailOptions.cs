using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Email;

/// <summary>How mail leaves the gateway.</summary>
internal sealed class EmailOptions
{
    public const string Section = "Email";

    /// <summary>The sender of every mail; replies go to the reporter.</summary>
    [Required]
    public string From { get; set; } = "PluginGateway <gateway@localhost.localdomain>";

    /// <summary>Folder for <c>.eml</c> files when no SMTP server is set; relative to the content root.</summary>
    [Required]
    public string PickupPath { get; set; } = "pickup";

    /// <summary>Folder of the templates; relative to the content root.</summary>
    [Required]
    public string TemplatesPath { get; set; } = "email-templates";

    /// <summary>The most that is attached to one mail; larger files are named in it instead.</summary>
    [Range(0, 100_000_000)]
    public long MaxAttachmentBytes { get; set; } = 10 << 20;

    public SmtpOptions? Smtp { get; set; }

    public string FullPickupPath => Path.GetFullPath(PickupPath, AppContext.BaseDirectory);

    public string FullTemplatesPath => Path.GetFullPath(TemplatesPath, AppContext.BaseDirectory);
}

internal sealed class SmtpOptions
{
    /// <summary>The port on which servers expect TLS from the first byte (RFC 8314).</summary>
    private const int SubmissionsPort = 465;

    public string Host { get; set; } = "";

    public int Port { get; set; } = 587;

    /// <summary>Encrypt with STARTTLS; without it nothing secret should be sent. Has no meaning where TLS is implicit.</summary>
    public bool StartTls { get; set; } = true;

    /// <summary>Encrypt from the first byte; by default on port 465.</summary>
    public bool? ImplicitTls { get; set; }

    /// <summary>
    /// The name that the gateway gives itself in EHLO. By default the machine's full name, or the domain of the sender where the machine has only a short one.
    /// </summary>
    public string? HeloName { get; set; }

    public string? User { get; set; }

    public string? Password { get; set; }

    public bool IsImplicitTls => ImplicitTls ?? Port == SubmissionsPort;
}

[OptionsValidator]
internal sealed partial class EmailOptionsValidator : IValidateOptions<EmailOptions>;
