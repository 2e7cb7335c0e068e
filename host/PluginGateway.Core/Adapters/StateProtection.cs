using Microsoft.AspNetCore.DataProtection;

namespace PluginGateway.Core.Adapters;

/// <summary>Encrypts the state of adapters. Creates the protector at first use, because reading the keys is slow and most adapters store nothing.</summary>
internal sealed class StateProtection(IServiceProvider services)
{
    private readonly Lazy<IDataProtector> _protector = new(
        () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("adapter-state"), LazyThreadSafetyMode.PublicationOnly);

    public byte[] Protect(byte[] plain) => _protector.Value.Protect(plain);

    public byte[] Unprotect(byte[] protectedData) => _protector.Value.Unprotect(protectedData);
}
