namespace PluginGateway.Core.Templates;

internal static class TemplatesServices
{
    public static IServiceCollection AddTemplates(this IServiceCollection services) => services.AddSingleton<TemplateRenderer>();
}
