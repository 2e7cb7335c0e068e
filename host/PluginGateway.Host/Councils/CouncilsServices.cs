namespace PluginGateway.Host.Councils;

internal static class CouncilsServices
{
    public static IServiceCollection AddCouncils(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<CouncilOptions, CouncilOptionsValidator>().BindConfiguration(CouncilOptions.Section);
        services.AddSingleton<ISecrets, SecretFiles>();
        services.AddSingleton<IOwnAddress, OwnAddress>();
        services.AddSingleton<SettingsFilling>();
        services.AddSingleton<CouncilCheck>();
        services.AddSingleton<CouncilDirectory>();
        services.AddSingleton<CatalogueStore>();
        services.AddSingleton<ServiceCatalogues>();
        services.AddSingleton<RouteTable>();
        services.AddHostedService<CouncilWatcher>();
        services.AddHostedService<CatalogueRefresher>();
        return services;
    }
}
