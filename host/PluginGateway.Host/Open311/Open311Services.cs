namespace PluginGateway.Host.Open311;

internal static class Open311Services
{
    public static IServiceCollection AddOpen311(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<Open311Options, Open311OptionsValidator>().BindConfiguration(Open311Options.Section);
        services.AddSingleton<SampleKeys>();
        services.AddSingleton<CallLimiter>();
        services.AddSingleton<MultipartForm>();
        services.AddSingleton<FormParser>();
        services.AddSingleton<Uploads>();
        services.AddSingleton<ReportReader>();
        services.AddSingleton<DiscoveryHandler>();
        services.AddSingleton<ServicesHandler>();
        services.AddSingleton<PostReportHandler>();
        services.AddSingleton<ReportsHandler>();
        services.AddSingleton<UpdatesHandler>();
        services.AddSingleton<MediaHandler>();
        services.AddSingleton<Open311Handlers>();
        services.AddSingleton<Open311Endpoint>();
        return services;
    }

    /// <summary>
    /// Passes all calls below <c>/open311</c> to one handler, which parses the raw target. The router cannot be used, because it decodes paths and
    /// service codes can contain slashes.
    /// </summary>
    public static void UseOpen311(this IApplicationBuilder app)
    {
        var open311 = app.ApplicationServices.GetRequiredService<Open311Endpoint>();
        app.Use(next => http => http.Request.Path.StartsWithSegments(Open311Target.Root, StringComparison.Ordinal) ? open311.HandleAsync(http) : next(http));
    }
}
