namespace PluginGateway.Core.Cluster;

internal static class ClusterServices
{
    public static IServiceCollection AddCluster(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<LeaseOptions, LeaseOptionsValidator>().BindConfiguration(LeaseOptions.Section);
        services.AddSingleton(Node.Current);
        services.AddSingleton<Nodes>();
        services.AddSingleton<Hosts>();
        services.AddSingleton<Duties>();
        return services;
    }
}
