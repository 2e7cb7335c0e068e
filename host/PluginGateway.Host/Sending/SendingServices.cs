namespace PluginGateway.Host.Sending;

internal static class SendingServices
{
    public static IServiceCollection AddSending(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SendingOptions, SendingOptionsValidator>().BindConfiguration(SendingOptions.Section);
        services.AddSingleton(Node.Current);
        services.AddSingleton<Func<double>>(() => (Random.Shared.NextDouble() * 2) - 1);
        services.AddSingleton<ServiceVersions>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<OutcomeRecorder>();
        services.AddSingleton<FailureRecorder>();
        services.AddSingleton<Planner>();
        services.AddSingleton<UpdateDeliverer>();
        services.AddSingleton<Deliverer>();
        services.AddSingleton<DeliveryWaiters>();
        services.AddSingleton<LaneWork>();
        services.AddSingleton<Lanes>();
        services.AddSingleton<ReportAcceptor>();
        services.AddSingleton<UpdateAcceptor>();
        services.AddSingleton<ReportDestinations>();
        services.AddHostedService<Dispatcher>();
        return services;
    }
}
