namespace PluginGateway.Core.Operating;

internal static class OperatingServices
{
    public static IServiceCollection AddOperating(this IServiceCollection services)
    {
        services.AddSingleton<ReportActions>();
        services.AddSingleton<Routes>();
        services.AddSingleton<RouteActions>();
        services.AddSingleton<Acknowledgements>();
        services.AddSingleton<CouncilActions>();
        services.AddSingleton<ReportEdit>();
        services.AddSingleton<ReportExplainer>();
        services.AddSingleton<QueueQueries>();
        services.AddSingleton<TemplatePreview>();
        services.AddSingleton<TestMail>();
        services.AddSingleton<BulkJobs>();
        services.AddHostedService<BulkRun>();
        return services;
    }
}
