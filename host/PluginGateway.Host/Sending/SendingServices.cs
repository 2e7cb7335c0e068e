using Microsoft.Extensions.Options;
using PluginGateway.Host.Email;
using PluginGateway.Host.Sending.Alerts;
using PluginGateway.Host.Sending.Closures;
using PluginGateway.Host.Sending.Copies;
using PluginGateway.Host.Sending.Operating;

namespace PluginGateway.Host.Sending;

internal static class SendingServices
{
    public static IServiceCollection AddSending(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SendingOptions, SendingOptionsValidator>().BindConfiguration(SendingOptions.Section);
        // The host must not cut short what is waited for when the gateway stops.
        services.AddOptions<HostOptions>().Configure<IOptions<SendingOptions>>(static (host, sending) => host.ShutdownTimeout = sending.Value.Drain + TimeSpan.FromSeconds(15));
        services.AddSingleton(Node.Current);
        services.AddSingleton<Nodes>();
        services.AddSingleton<Hosts>();
        services.AddSingleton<Duties>();
        services.AddSingleton<Func<double>>(() => (Random.Shared.NextDouble() * 2) - 1);
        services.AddSingleton<ServiceVersions>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<OutcomeRecorder>();
        services.AddSingleton<FailureRecorder>();
        services.AddSingleton<HourCounts>();
        services.AddHostedService(static provider => provider.GetRequiredService<HourCounts>());
        services.AddSingleton<ClosureTable>();
        services.AddSingleton<Breakers>();
        services.AddSingleton<LaneHealth>();
        services.AddSingleton<CopyDeliverer>();
        services.AddSingleton<ReportActions>();
        services.AddSingleton<Routes>();
        services.AddSingleton<RouteActions>();
        services.AddSingleton<Acknowledgements>();
        services.AddSingleton<CouncilActions>();
        services.AddSingleton<ReportEdit>();
        services.AddSingleton<QueueReading>();
        services.AddSingleton<Planner>();
        services.AddSingleton<UpdateDeliverer>();
        services.AddSingleton<Deliverer>();
        services.AddSingleton<DeliveryWaiters>();
        services.AddSingleton<LaneWork>();
        services.AddSingleton<LaneIds>();
        services.AddSingleton<Lanes>();
        services.AddSingleton<ReportAcceptor>();
        services.AddSingleton<UpdateAcceptor>();
        services.AddSingleton<ReportDestinations>();
        // In this order: the last to be started is the first to be stopped.
        services.AddHostedService<Heartbeat>();
        services.AddHostedService<Dispatcher>();
        services.AddOptionsWithValidateOnStart<AlertOptions, AlertOptionsValidator>().BindConfiguration(AlertOptions.Section)
            .Validate(static options => options.To.Length == 0 || MailAddresses.FindProblem(options.To) is null, "Alerts:To must be e-mail addresses, separated by commas.");
        services.AddSingleton<Incidents>();
        services.AddHostedService<AlertWatch>();
        services.AddSingleton<ReportTermIndex>();
        services.AddHostedService(static provider => provider.GetRequiredService<ReportTermIndex>());
        services.AddSingleton<BulkJobs>();
        services.AddHostedService<BulkRun>();
        return services;
    }
}
