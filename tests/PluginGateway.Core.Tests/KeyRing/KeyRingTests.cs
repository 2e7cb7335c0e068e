using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.KeyRing;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.KeyRing;

/// <summary>Tests that the keys in the database are wrapped, and that the wrapping keys can be replaced.</summary>
public sealed class KeyRingTests : IDisposable
{
    private const string Old = "oldkeyoldkeyoldkeyoldkeyoldkeyoldkey";
    private const string New = "newkeynewkeynewkeynewkeynewkeynewkey";

    private readonly TempFolder _folder = new();

    private string KeyFile => Path.Combine(_folder.At("secrets"), "GATEWAY_KEY");

    [Fact]
    public async Task Data_keys_are_wrapped_and_used_again_after_a_restart()
    {
        SetKey(Old);
        var secret = await ProtectAsync();

        await using var world = await StartAsync();
        Assert.Equal("hello", Unprotect(world, secret));
        var row = Assert.Single(await world.Get<DataKeys>().ListAsync(default));
        Assert.Equal((new SecretWrappingKey(Old).Id, true), (row.WrappedWith, row.IsReadable));
        var content = await ContentAsync(world);
        Assert.DoesNotContain("masterKey", content);
        Assert.DoesNotContain("PluginGateway", content);
    }

    [Fact]
    public async Task A_key_is_replaced_without_losing_anything()
    {
        SetKey(Old);
        var secret = await ProtectAsync();

        SetKey($"{New},{Old}");
        await using (var world = await StartAsync())
        {
            Assert.Equal("hello", Unprotect(world, secret));
            Assert.Equal("1 data keys were wrapped", (await world.Get<DataKeys>().RewrapAsync("op", default)).Text[..24]);
            Assert.Equal("0 data keys were wrapped", (await world.Get<DataKeys>().RewrapAsync("op", default)).Text[..24]);
        }

        SetKey(New);
        await using var last = await StartAsync();
        Assert.Equal("hello", Unprotect(last, secret));
    }

    [Fact]
    public async Task Keys_of_an_unwrapped_database_are_wrapped_later()
    {
        var secret = await ProtectAsync();
        await using (var plain = await StartAsync())
        {
            Assert.Contains("masterKey", await ContentAsync(plain));
            Assert.Contains("There is no key", (await plain.Get<DataKeys>().RewrapAsync("op", default)).Text);
        }

        SetKey(New);
        await using var world = await StartAsync();
        Assert.Equal("hello", Unprotect(world, secret));
        Assert.True((await world.Get<DataKeys>().RewrapAsync("op", default)).Done);
        Assert.DoesNotContain("masterKey", await ContentAsync(world));
        await using var again = await StartAsync();
        Assert.Equal("hello", Unprotect(again, secret));
    }

    [Fact]
    public async Task A_data_key_is_removed_only_if_its_key_is_lost()
    {
        SetKey(Old);
        await ProtectAsync();
        await using (var world = await StartAsync())
            await world.Get<AdapterStateStore>().For(world.Main).SetAsync("token", new() { Value = "t", Lifetime = TimeSpan.FromDays(1) }, default);
        await using (var world = await StartAsync())
            Assert.Contains("can be read", (await world.Get<DataKeys>().RemoveAsync("first", "op", "test", default)).Text);

        SetKey(New);
        await using var lost = await StartAsync();
        var keys = lost.Get<DataKeys>();
        Assert.False((await keys.ListAsync(default))[0].IsReadable);
        Assert.Contains("is missing", (await keys.RewrapAsync("op", default)).Text);
        Assert.Contains("data-key remove first", (await Assert.ThrowsAsync<InvalidDataException>(() => keys.CheckAsync(default))).Message);
        Assert.False((await keys.RemoveAsync("other", "op", "test", default)).Done);
        Assert.True((await keys.RemoveAsync("first", "op", "test", default)).Done);
        await keys.CheckAsync(default);
        Assert.Equal("hello", Unprotect(lost, Protect(lost)));
        // Adapters log in again.
        Assert.Null(await lost.Get<AdapterStateStore>().For(lost.Main).GetAsync("token", default));
    }

    [Fact]
    public async Task Removing_needs_the_keys_of_the_gateway()
    {
        SetKey(Old);
        await ProtectAsync();
        SetKey("");
        await using var world = await StartAsync();

        Assert.Contains("with the keys of the gateway", (await world.Get<DataKeys>().RemoveAsync("first", "op", "test", default)).Text);
    }

    [Theory]
    [InlineData(".pem")]
    [InlineData(".pfx")]
    public async Task A_certificate_wraps_data_keys(string extension)
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=gateway", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(Some.Time.AddDays(-1), Some.Time.AddYears(1));
        var path = _folder.At($"key{extension}");
        Directory.CreateDirectory(_folder.At("secrets"));
        if (extension == ".pem")
        {
            await File.WriteAllTextAsync(path, $"{certificate.ExportCertificatePem()}\n{rsa.ExportPkcs8PrivateKeyPem()}\n");
        }
        else
        {
            await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pfx, "the password"));
            await File.WriteAllTextAsync(Path.Combine(_folder.At("secrets"), "KEY_CERTIFICATE_PASSWORD"), "the password\n");
        }

        var secret = await ProtectAsync($"--State:KeyCertificates:0={path}");

        await using var world = await StartAsync($"--State:KeyCertificates:0={path}");
        Assert.Equal("hello", Unprotect(world, secret));
        Assert.StartsWith("certificate-", Assert.Single(await world.Get<DataKeys>().ListAsync(default)).WrappedWith);
        Assert.DoesNotContain("masterKey", await ContentAsync(world));
    }

    [Fact]
    public void A_changed_wrapped_key_is_refused()
    {
        var key = new SecretWrappingKey(Old);
        var wrapped = key.Wrap([1, 2, 3]);
        Assert.Equal([1, 2, 3], key.Unwrap(wrapped));
        for (var i = 0; i < wrapped.Length; i++)
        {
            var changed = (byte[])wrapped.Clone();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => key.Unwrap(changed));
        }

        Assert.ThrowsAny<CryptographicException>(() => key.Unwrap(wrapped[..20]));
        Assert.ThrowsAny<CryptographicException>(() => new SecretWrappingKey(New).Unwrap(wrapped));
    }

    [Theory]
    [InlineData("too short", "has fewer than 32 characters")]
    [InlineData(null, "cannot be read")]
    public async Task An_unusable_key_is_reported(string? key, string expected)
    {
        SetKey(key ?? "");
        await using var world = await StartAsync(key is null ? [$"--State:KeyCertificates:0={_folder.At("none.pem")}"] : []);

        Assert.Contains(expected, (await Assert.ThrowsAsync<InvalidDataException>(() => world.Get<DataKeys>().CheckAsync(default))).Message);
    }

    public void Dispose() => _folder.Dispose();

    private static string Protect(StoreWorld world) => world.Get<IDataProtectionProvider>().CreateProtector("test").Protect("hello");

    private static string Unprotect(StoreWorld world, string secret) => world.Get<IDataProtectionProvider>().CreateProtector("test").Unprotect(secret);

    private static async Task<string> ContentAsync(StoreWorld world) =>
        string.Concat(await world.Get<Core.Storage.IDatabase>().ReadAsync(db => db.ListAsync<string>("SELECT content FROM data_key"), default));

    private void SetKey(string keys)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.WriteAllText(KeyFile, keys + "\n");
    }

    private async Task<string> ProtectAsync(params string[] settings)
    {
        await using var world = await StartAsync(settings);
        return Protect(world);
    }

    private Task<StoreWorld> StartAsync(params string[] settings) =>
        StoreWorld.CreateAsync([$"--State:Path={_folder.At("state")}", $"--Councils:SecretsPath={_folder.At("secrets")}", .. settings]);
}
