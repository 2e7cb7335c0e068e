namespace PluginGateway.Core.Clients;

internal static class ClientsServices
{
    public static IServiceCollection AddClients(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<LimitsOptions, LimitsOptionsValidator>().BindConfiguration(LimitsOptions.Section);
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<CallLimits>();
        services.AddSingleton<BodySlots>();
        services.AddSingleton<KnownProxies>();
        services.AddSingleton<ConnectionLimit>();
        return services;
    }
}
