using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Email;

/// <summary>The built-in adapter <c>email</c>, for councils whose system is a mailbox and as a substitute for any other system.</summary>
internal sealed class EmailPlugin(ReportMail mail, IMailTransport transport) : AdapterPlugin<EmailSettings>
{
    public const string Name = "email";

    protected override JsonTypeInfo<EmailSettings> SettingsType => EmailSettingsJson.Default.EmailSettings;

    /// <summary>A repeated e-mail has the same Message-ID, and a repeated pickup file the same name, so that mailboxes can recognise duplicates.</summary>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "E-mail",
        Idempotency = IdempotencySupport.Reports,
        AnyService = true,
        AttachmentSupport = AttachmentSupport.Bytes,
    };

    protected override IEnumerable<SettingsError> Validate(EmailSettings settings)
    {
        if (MailAddresses.FindProblem(settings.To) is { } why)
            yield return new SettingsError { Path = "$.to", Message = why };
        if (settings.Template is { } template && !IsFolderName(template))
            yield return new SettingsError { Path = "$.template", Message = "must be the name of a subfolder of the templates folder" };
        foreach (var (code, service) in settings.Services)
        {
            if (service.To is not null && MailAddresses.FindProblem(service.To) is { } whyService)
                yield return new SettingsError { Path = $"$.services.{code}.to", Message = whyService };
            if (service.Template is { } other && !IsFolderName(other))
                yield return new SettingsError
                {
                    Path = $"$.services.{code}.template",
                    Message = "must be the name of a subfolder of the templates folder",
                };
        }
    }

    protected override ICouncilAdapter Create(EmailSettings settings, AdapterContext context) => new EmailAdapter(settings, context, mail, transport);

    private static bool IsFolderName(string name) => name.Length > 0 && name[0] != '.' && name == Path.GetFileName(name);
}
