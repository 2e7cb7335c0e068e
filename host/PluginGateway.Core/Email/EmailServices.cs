using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Email;

internal static class EmailServices
{
    public static IServiceCollection AddEmail(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<EmailOptions, EmailOptionsValidator>().BindConfiguration(EmailOptions.Section)
            .Validate(
                static options => MailAddresses.FindAddressProblem(options.From) is null,
                "Email:From must be one e-mail address, with or without a name: Name <address>.");
        services.AddSingleton<TemplateFiles>();
        services.AddSingleton<TemplateStore>();
        services.AddSingleton<MailTemplates>();
        services.AddSingleton<ReportMail>();
        services.AddSingleton<PickupFolder>();
        services.AddSingleton<SmtpTransport>();
        services.AddSingleton<IMailTransport>(provider => provider.GetRequiredService<IOptions<EmailOptions>>().Value.Smtp is { Host.Length: > 0 }
            ? provider.GetRequiredService<SmtpTransport>()
            : provider.GetRequiredService<PickupFolder>());
        services.AddSingleton<EmailPlugin>();
        services.AddHostedService<TemplateWatcher>();
        return services;
    }
}
