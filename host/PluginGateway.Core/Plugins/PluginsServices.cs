using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Reloading;
using PluginGateway.PluginHosting.Signing;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.Core.Plugins;

internal static class PluginsServices
{
    public static IServiceCollection AddPlugins(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<PluginOptions, PluginOptionsValidator>().BindConfiguration(PluginOptions.Section);
        services.AddSingleton<IValidateOptions<PluginOptions>, TrustedKeysValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<PluginOptions>>().Value);
        services.AddSingleton(provider => new PluginStager(Path.Combine(provider.GetRequiredService<IOptions<StateOptions>>().Value.FullPath, "plugins")));
        services.AddSingleton<IPluginLoader, McMasterLoader>();
        services.AddSingleton<IPluginProbe, PluginProbe>();
        services.AddSingleton<PluginVersionStore>();
        services.AddSingleton<PluginActions>();
        services.AddSingleton<IPluginVersionStore>(provider => provider.GetRequiredService<PluginVersionStore>());
        services.AddSingleton<PluginStatuses>();
        services.AddSingleton<PluginVersions>();
        services.AddSingleton<PluginSignatures>();
        services.AddSingleton<PluginAdmission>();
        services.AddSingleton<PluginLoads>();
        services.AddSingleton<PluginPipeline>();
        services.AddSingleton<PluginReloader>();
        services.AddSingleton<Retirement>();
        services.AddSingleton<PluginCatalog>();
        services.AddSingleton<PluginLoading>();
        services.AddHostedService<PluginWatching>();
        return services;
    }
}

/// <summary>Checks the keys whose signatures are trusted.</summary>
internal sealed class TrustedKeysValidator : IValidateOptions<PluginOptions>
{
    public ValidateOptionsResult Validate(string? name, PluginOptions options)
    {
        var problems = options.TrustedKeys.Select(k => k.FindProblem()).OfType<string>().ToList();
        if (options is { Trust: PluginTrust.Signed, TrustedKeys: [], Trusted: [] })
            problems.Add("Plugins:Trust is Signed, but Plugins:TrustedKeys is empty.");
        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
