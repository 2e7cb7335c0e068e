using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace PluginGateway.Core.KeyRing;

internal static class KeyRingServices
{
    public static IServiceCollection AddKeyRing(this IServiceCollection services)
    {
        services.AddSingleton<DataKeys>();
        services.AddSingleton<KeyWrapping>();
        services.AddDataProtection().SetApplicationName("PluginGateway");
        services.AddOptions<KeyManagementOptions>().Configure<DataKeys, KeyWrapping>(static (options, keys, wrapping) =>
        {
            options.XmlRepository = keys;
            if (wrapping.Current is { } key)
                options.XmlEncryptor = new WrappedKeyEncryptor(key);
        });
        return services;
    }
}
