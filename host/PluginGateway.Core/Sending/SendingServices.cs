using Microsoft.Extensions.Options;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

internal static class SendingServices
{
    public static IServiceCollection AddSending(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SendingOptions, SendingOptionsValidator>().BindConfiguration(SendingOptions.Section);
        // The .NET host must not stop before the calls in flight have ended.
        services.AddOptions<HostOptions>()
            .Configure<IOptions<SendingOptions>>(static (host, sending) => host.ShutdownTimeout = sending.Value.Drain + TimeSpan.FromSeconds(10));
        services.AddSingleton<Func<double>>(() => (Random.Shared.NextDouble() * 2) - 1);
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<OutcomeRecorder>();
        services.AddSingleton<HourCounts>();
        services.AddHostedService(static provider => provider.GetRequiredService<HourCounts>());
        services.AddSingleton<SuspensionStore>();
        services.AddSingleton<Breakers>();
        services.AddSingleton<LaneHealth>();
        services.AddSingleton<AttemptRunner>();
        services.AddSingleton<SubmissionCheck>();
        services.AddSingleton<ReportDeliverer>();
        services.AddSingleton<CopyDeliverer>();
        services.AddSingleton<FollowUpDeliverer>();
        services.AddSingleton<Planner>();
        services.AddSingleton<UpdateDeliverer>();
        services.AddSingleton<Deliverer>();
        services.AddSingleton<DeliveryWaiters>();
        services.AddSingleton<Lanes>();
        services.AddSingleton<ReportAcceptor>();
        services.AddSingleton<ReportSubmitter>();
        services.AddSingleton<QueueLimit>();
        services.AddSingleton<UpdateAcceptor>();
        services.AddSingleton<ReportDestinations>();
        // The order matters: the service that is started last is stopped first.
        services.AddHostedService<Heartbeat>();
        services.AddHostedService<Dispatcher>();
        return services;
    }
}
