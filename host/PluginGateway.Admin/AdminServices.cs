using PluginGateway.Admin.Reading;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

internal static class AdminServices
{
    /// <summary>Accounts: what commands need too.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<AdminOptions, AdminOptionsValidator>().BindConfiguration(AdminOptions.Section)
            .Validate(static options =>
                options.TimeZone is null or "" || TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _),
                "Admin:TimeZone is no time zone of this machine.");
        services.AddSingleton<Passwords>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<SignInGuard>();
        return services;
    }

    /// <summary>The site itself.</summary>
    public static IServiceCollection AddSite(this IServiceCollection services)
    {
        services.AddSingleton<Site>();
        services.AddSitePages();
        services.AddSingleton<SiteZone>();
        services.AddSingleton<AuditReading>();
        services.AddSingleton<LaneReading>();
        services.AddSingleton<Overview>();
        services.AddSingleton<ReportSearch>();
        services.AddSingleton<BulkPreview>();
        services.AddSingleton<ReportStory>();
        services.AddSingleton<SetUpLink>();
        services.AddHostedService(provider => provider.GetRequiredService<SetUpLink>());
        return services;
    }
}
