namespace PluginGateway.Host.Updates;

internal static class UpdatesServices
{
    public static IServiceCollection AddUpdates(this IServiceCollection services) => services.AddSingleton<UpdateReader>();
}
