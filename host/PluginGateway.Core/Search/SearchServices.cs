namespace PluginGateway.Core.Search;

internal static class SearchServices
{
    public static IServiceCollection AddSearch(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SearchOptions, SearchOptionsValidator>().BindConfiguration(SearchOptions.Section);
        services.AddSingleton<ReportTermIndex>();
        services.AddHostedService(static provider => provider.GetRequiredService<ReportTermIndex>());
        return services;
    }
}
