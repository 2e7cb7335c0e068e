using PluginGateway.Host.Storage.Sqlite;

namespace PluginGateway.Host.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<StateOptions, StateOptionsValidator>().BindConfiguration(StateOptions.Section);
        services.AddOptions<FaultOptions>().BindConfiguration(FaultOptions.Section);
        services.AddSingleton<Faults>();
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<IDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<ISyncDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<AttachmentStore>();
        return services;
    }
}
