using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Email;

/// <summary>The settings for sending e-mail.</summary>
internal sealed class EmailOptions
{
    public const string Section = "Email";

    /// <summary>The sender of every e-mail; replies go to the reporter.</summary>
    [Required]
    public string From { get; set; } = "PluginGateway <gateway@localhost.localdomain>";

    /// <summary>The folder for <c>.eml</c> files when no SMTP server is configured, relative to the content root.</summary>
    [Required]
    public string PickupPath { get; set; } = "pickup";

    /// <summary>The folder of the templates, relative to the content root.</summary>
    [Required]
    public string TemplatesPath { get; set; } = "email-templates";

    /// <summary>The maximum total size of the attachments of one e-mail; files that exceed it are listed in the text instead.</summary>
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

    /// <summary>Whether to encrypt with STARTTLS. Has no effect with implicit TLS. Without encryption, nothing confidential should be sent.</summary>
    public bool StartTls { get; set; } = true;

    /// <summary>Whether to encrypt from the first byte; by default true on port 465 only.</summary>
    public bool? ImplicitTls { get; set; }

    /// <summary>
    /// The host name that the gateway sends in EHLO. The default is the full name of the machine, or the domain of the sender if the machine has only a
    /// short name.
    /// </summary>
    public string? HeloName { get; set; }

    public string? User { get; set; }

    public string? Password { get; set; }

    public bool IsImplicitTls => ImplicitTls ?? Port == SubmissionsPort;
}

[OptionsValidator]
internal sealed partial class EmailOptionsValidator : IValidateOptions<EmailOptions>;
