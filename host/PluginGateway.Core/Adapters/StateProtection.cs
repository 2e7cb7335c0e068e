using Microsoft.AspNetCore.DataProtection;

namespace PluginGateway.Core.Adapters;

/// <summary>Encrypts what adapters keep. Made at first use: most adapters keep nothing, and a key ring is too much to read at every start.</summary>
internal sealed class StateProtection(IServiceProvider services)
{
    private readonly Lazy<IDataProtector> _protector = new(
        () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("adapter-state"), LazyThreadSafetyMode.PublicationOnly);

    public byte[] Protect(byte[] plain) => _protector.Value.Protect(plain);

    public byte[] Unprotect(byte[] protectedData) => _protector.Value.Unprotect(protectedData);
}
