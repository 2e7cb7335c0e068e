namespace PluginGateway.Core.Retention;

internal static class RetentionServices
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<RetentionOptions, RetentionOptionsValidator>().BindConfiguration(RetentionOptions.Section);
        // The order matters: data that belongs to reports is deleted after the reports' own personal data.
        services.AddSingleton<ISweep, ReportSweep>();
        services.AddSingleton<ISweep, ClientUpdateSweep>();
        services.AddSingleton<ISweep, FollowUpSweep>();
        services.AddSingleton<ISweep, AttachmentSweep>();
        services.AddSingleton<ISweep, CouncilUpdateSweep>();
        services.AddSingleton<ISweep, DocumentSweep>();
        services.AddSingleton<ISweep, AttemptSweep>();
        services.AddSingleton<ISweep, ReferenceSweep>();
        services.AddSingleton<ISweep, StateSweep>();
        services.AddSingleton<RetentionRun>();
        services.AddHostedService<RetentionJob>();
        return services;
    }
}
