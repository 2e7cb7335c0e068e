using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// Encrypts what adapters keep. Made at first use: most adapters keep nothing, and a key ring is too much to read at every start.
/// </summary>
internal sealed class StateProtection(DataKeys keys) : IDisposable
{
    private readonly Lazy<ServiceProvider> _services = new(() => Make(keys));

    public byte[] Protect(byte[] plain) => Protector.Protect(plain);

    public byte[] Unprotect(byte[] protectedData) => Protector.Unprotect(protectedData);

    private IDataProtector Protector => _services.Value.GetRequiredService<IDataProtectionProvider>().CreateProtector("adapter-state");

    public void Dispose()
    {
        if (_services.IsValueCreated)
            _services.Value.Dispose();
    }

    private static ServiceProvider Make(IXmlRepository keys)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("PluginGateway");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = keys);
        return services.BuildServiceProvider();
    }
}
