using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Alerts;

internal static class AlertsServices
{
    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<AlertOptions, AlertOptionsValidator>().BindConfiguration(AlertOptions.Section)
            .Validate(
                static options => options.To.Length == 0 || MailAddresses.FindProblem(options.To) is null,
                "Alerts:To must be e-mail addresses, separated by commas.");
        services.AddSingleton<Incidents>();
        services.AddHostedService<AlertWatch>();
        return services;
    }
}
