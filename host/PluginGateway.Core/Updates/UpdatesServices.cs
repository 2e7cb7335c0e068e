using PluginGateway.Core.Sending;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates;

internal static class UpdatesServices
{
    public static IServiceCollection AddUpdates(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<UpdatesOptions, UpdatesOptionsValidator>().BindConfiguration(UpdatesOptions.Section);
        services.AddSingleton<CouncilUpdateStore>();
        services.AddSingleton<IUpdatePublisher, GatewayUpdates>();
        services.AddSingleton<ClientPolls>();
        services.AddSingleton<ServedTimes>();
        services.AddSingleton<UpdatePictures>();
        services.AddSingleton<UpdateReader>();
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<DocumentQueue>();
        services.AddSingleton<DocumentReader>();
        services.AddSingleton<DocumentsEndpoint>();
        services.AddSingleton<CollectionStore>();
        services.AddSingleton<WatchedFolders>();
        services.AddSingleton<CollectionRun>();
        services.AddHostedService<Collector>();
        return services;
    }

    /// <summary>Maps the endpoint for uploading documents.</summary>
    public static void MapDocuments(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<DocumentsEndpoint>();
        app.MapPost("/documents/{council}/{backend}", (HttpContext http, string council, string backend) => endpoint.HandleAsync(http, council, backend));
    }
}
