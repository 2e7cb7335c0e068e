using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

internal static class CataloguesServices
{
    public static IServiceCollection AddCatalogues(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<CouncilOptions, CouncilOptionsValidator>().BindConfiguration(CouncilOptions.Section);
        services.AddSingleton<ISecrets, SecretFiles>();
        services.AddSingleton<IPublicUrl, PublicUrl>();
        services.AddSingleton<SettingsSubstitution>();
        services.AddSingleton<CouncilCheck>();
        services.AddSingleton<CouncilFileLoader>();
        services.AddSingleton<StoredCouncilFiles>();
        services.AddSingleton<CouncilDirectory>();
        services.AddSingleton<CatalogueStore>();
        services.AddSingleton<ServiceCatalogues>();
        services.AddSingleton<RouteTable>();
        services.AddSingleton<ServiceVersions>();
        services.AddHostedService<CouncilWatcher>();
        services.AddHostedService<CouncilFileKeeper>();
        services.AddHostedService<CatalogueRefresher>();
        return services;
    }
}
