namespace PluginGateway.Core.Cluster;

internal static class ClusterServices
{
    public static IServiceCollection AddCluster(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<LeaseOptions, LeaseOptionsValidator>().BindConfiguration(LeaseOptions.Section);
        services.AddSingleton(ProcessIdentity.Current);
        services.AddSingleton<ProcessLiveness>();
        services.AddSingleton<ClusterMembership>();
        services.AddSingleton<LeaderLocks>();
        return services;
    }
}
