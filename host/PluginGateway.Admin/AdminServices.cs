using Microsoft.Extensions.Options;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

internal static class AdminServices
{
    /// <summary>Adds the accounts, which the commands also need.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<AdminOptions, AdminOptionsValidator>().BindConfiguration(AdminOptions.Section)
            .Validate(static options =>
                options.TimeZone is null or "" || TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _),
                "Admin:TimeZone is not a valid time zone on this machine.");
        services.AddSingleton<IValidateOptions<AdminOptions>, OpenIdOptionsValidator>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<SecondFactor>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<SignInGuard>();
        return services;
    }

    /// <summary>Adds the site.</summary>
    public static IServiceCollection AddAdmin(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<AdminMiddleware>();
        services.AddAdminPages();
        services.AddOpenIdSignIn(configuration);
        services.AddSingleton<DisplayTimeZone>();
        services.AddSingleton<AuditQueries>();
        services.AddSingleton<LaneQueries>();
        services.AddSingleton<Overview>();
        services.AddSingleton<ReportSearch>();
        services.AddSingleton<BulkPreview>();
        services.AddSingleton<ReportHistoryQuery>();
        services.AddSingleton<SetUpLink>();
        services.AddHostedService(provider => provider.GetRequiredService<SetUpLink>());
        return services;
    }
}
