namespace PluginGateway.Core.Clients;

internal static class ClientsServices
{
    public static IServiceCollection AddClients(this IServiceCollection services) => services.AddSingleton<ApiKeys>();
}
