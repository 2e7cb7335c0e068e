using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;

namespace PluginGateway.Core.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<StateOptions, StateOptionsValidator>().BindConfiguration(StateOptions.Section);
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section);
        services.AddOptions<FaultOptions>().BindConfiguration(FaultOptions.Section);
        services.AddSingleton<Faults>();
        services.AddSingleton<Spool>();
        services.AddHostedService<StateFolderCheck>();
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton(CreateSqlServer);
        services.AddSingleton(provider => Choose<IDatabase>(provider));
        services.AddSingleton(provider => Choose<ISyncDatabase>(provider));
        return services;
    }

    private static T Choose<T>(IServiceProvider provider)
        where T : class => (T)(object)(provider.GetRequiredService<IOptions<StorageOptions>>().Value.Provider == StorageProvider.SqlServer
        ? provider.GetRequiredService<SqlServerDatabase>()
        : provider.GetRequiredService<SqliteDatabase>());

    private static SqlServerDatabase CreateSqlServer(IServiceProvider provider) => new(
        provider.GetRequiredService<IConfiguration>().GetConnectionString(StorageOptions.ConnectionString) is { Length: > 0 } text
            ? text
            : throw new InvalidOperationException("Storage:Provider is SqlServer, but ConnectionStrings:Gateway is not set."),
        provider.GetRequiredService<Faults>(),
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<SqlServerDatabase>>());
}
