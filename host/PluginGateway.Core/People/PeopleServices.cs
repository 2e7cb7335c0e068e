namespace PluginGateway.Core.People;

internal static class PeopleServices
{
    public static IServiceCollection AddPeople(this IServiceCollection services)
    {
        services.AddSingleton<PersonData>();
        services.AddSingleton<PersonExport>();
        services.AddSingleton<PersonIndex>();
        services.AddHostedService(static provider => provider.GetRequiredService<PersonIndex>());
        return services;
    }
}
