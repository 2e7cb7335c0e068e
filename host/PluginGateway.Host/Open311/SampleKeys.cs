using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>Adds the keys of the sample councils, which are configured only in the Development environment.</summary>
internal sealed class SampleKeys(ApiKeys keys, IConfiguration configuration, IHostEnvironment environment)
{
    public async Task EnsureAsync(CancellationToken ct)
    {
        if (!environment.IsDevelopment())
            return;

        foreach (var sample in configuration.GetSection("Samples:Keys").GetChildren())
        {
            var councils = sample.GetSection("Councils").GetChildren().Select(c => c.Value!).ToList();
            await keys.AddAsync(sample["Client"]!, sample["Key"]!, councils, sample["Scopes"] ?? ApiKeys.Reports, ClientProfile.None, expires: null, ct);
        }
    }
}
