using System.Security.Cryptography;
using System.Text.Json.Nodes;
using PluginGateway.PluginHosting.Signing;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests which plug-ins are loaded when only signed ones are trusted.</summary>
public sealed class SigningTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly TrustedKeyOptions _trusted;

    public SigningTests()
    {
        _trusted = new TrustedKeyOptions { Name = "the supplier", PublicKey = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo()) };
        Compile("good");
        File.WriteAllText(Path.Combine(Plugin, "notes.txt"), "notes");
        // Never copied to the gateway, and signed all the same.
        File.WriteAllText(Path.Combine(Plugin, "One.runtimeconfig.json"), "{}");
    }

    private string Plugin => _folder.At("plugins", "one");

    [Fact]
    public async Task Signed_plug_in_is_loaded()
    {
        Sign();
        using var world = World();
        await world.StartAsync();
        Assert.Equal("good", world.Call("one"));

        Compile("better");
        Sign();
        await world.SettleAsync();
        Assert.Equal("better", world.Call("one"));
    }

    [Theory]
    [InlineData("change", "notes.txt was changed after it was signed")]
    [InlineData("add", "more.dll was added after it was signed")]
    [InlineData("remove", "notes.txt is missing, although it was signed with it")]
    [InlineData("unsigned", "it is not signed; sign its folder with \"plugin sign\"")]
    [InlineData("other key", "which is not in Plugins:TrustedKeys")]
    [InlineData("other key's id", "its signature is not valid")]
    [InlineData("hash", "its signature is not valid")]
    [InlineData("time", "its signature is not valid")]
    [InlineData("name", "its signature is not valid")]
    [InlineData("value", "its signature is not valid")]
    [InlineData("twice", "its plugin.signature cannot be read")]
    [InlineData("garbage", "its plugin.signature cannot be read")]
    [InlineData("empty", "its plugin.signature cannot be read")]
    public async Task Changed_plug_in_is_refused_and_the_one_that_serves_stays(string change, string reason)
    {
        Sign();
        using var world = World();
        await world.StartAsync();

        Compile("evil");
        Sign(change.StartsWith("other key", StringComparison.Ordinal) ? _other : _key);
        Apply(change);
        await world.SettleAsync();

        Assert.Contains(reason, world.Status("one").Reason);
        Assert.Equal("good", world.Call("one"));
    }

    [Fact]
    public async Task Key_is_trusted_until_the_end_of_its_last_day()
    {
        _trusted.Until = Some.Time.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Sign();
        using (var world = World())
        {
            await world.StartAsync();
            Assert.Equal("good", world.Call("one"));
        }

        _trusted.Until = Some.Time.AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        using var later = World();
        await later.StartAsync();
        Assert.Equal(
            $"it is signed with the key of the supplier, which was trusted until {_trusted.Until}; have it signed with another key",
            later.Status("one").Reason);
    }

    [Fact]
    public async Task Listed_plug_in_needs_no_signature()
    {
        using (var world = World())
        {
            await world.StartAsync();
            Assert.Contains("it is not signed", world.Status("one").Reason);
            Assert.NotNull(world.Status("one").Sha256);
        }

        var hash = "";
        using (var world = World())
        {
            await world.StartAsync();
            hash = world.Status("one").Sha256!;
        }

        using var listed = new PluginWorld(_folder, change: o => (o.Trust, o.TrustedKeys, o.Trusted) = (PluginTrust.Signed, [_trusted], [hash]));
        await listed.StartAsync();
        Assert.Equal("good", listed.Call("one"));
    }

    [Fact]
    public async Task A_single_DLL_cannot_be_signed()
    {
        Directory.Delete(Plugin, recursive: true);
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.WithWord("one", "good"));
        using var world = World();
        await world.StartAsync();

        Assert.Contains("it is not signed", world.Status("One.dll").Reason);
    }

    [Theory]
    [InlineData("nonsense", "", "the PublicKey of the supplier cannot be used")]
    [InlineData("P-384", "", "the PublicKey of the supplier cannot be used")]
    [InlineData("", "31.12.2027", "must be a date such as 2027-12-31")]
    public void Unusable_keys_are_reported(string key, string until, string problem)
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        if (key.Length > 0)
            _trusted.PublicKey = key == "P-384" ? Convert.ToBase64String(p384.ExportSubjectPublicKeyInfo()) : key;
        _trusted.Until = until;

        Assert.Contains(problem, _trusted.FindProblem());
    }

    [Fact]
    public void Keys_can_be_PEM_or_the_path_of_a_file()
    {
        Assert.Null(_trusted.FindProblem());
        _trusted.PublicKey = _key.ExportSubjectPublicKeyInfoPem();
        Assert.Null(_trusted.FindProblem());
        File.WriteAllText(_folder.At("key.pem"), _trusted.PublicKey);
        _trusted.PublicKey = _folder.At("key.pem");
        Assert.Null(_trusted.FindProblem());
    }

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    private PluginWorld World() => new(_folder, change: o => (o.Trust, o.TrustedKeys) = (PluginTrust.Signed, [_trusted]));

    private void Compile(string word) => PluginForge.Compile(Path.Combine(Plugin, "One.dll"), PluginForge.WithWord("one", word));

    private void Sign(ECDsa? key = null) => PluginSignature.Create(Plugin, key ?? _key, Some.Time).Write(Plugin);

    private void Apply(string change)
    {
        var file = Path.Combine(Plugin, PluginSignature.FileName);
        switch (change)
        {
            case "change":
                File.WriteAllText(Path.Combine(Plugin, "notes.txt"), "other");
                break;
            case "add":
                File.WriteAllText(Path.Combine(Plugin, "more.dll"), "more");
                break;
            case "remove":
                File.Delete(Path.Combine(Plugin, "notes.txt"));
                break;
            case "unsigned":
                File.Delete(file);
                break;
            case "twice":
                File.WriteAllText(file, File.ReadAllText(file).Replace("\"key\"", "\"key\": \"x\", \"key\"", StringComparison.Ordinal));
                break;
            case "garbage":
                File.WriteAllText(file, "-----BEGIN-----");
                break;
            case "empty":
                File.WriteAllText(file, "{}");
                break;
            default:
                var json = JsonNode.Parse(File.ReadAllText(file))!;
                if (change == "other key's id")
                    json["key"] = PluginSignature.IdOf(_key.ExportSubjectPublicKeyInfo());
                else if (change == "hash")
                    json["files"]!["notes.txt"] = new string('0', 64);
                else if (change == "time")
                    json["signed"] = "2099-01-01T00:00:00Z";
                else if (change == "name")
                    json["files"]!["more.txt"] = new string('0', 64);
                else if (change == "value")
                    json["signature"] = Convert.ToBase64String([1, 2, 3]);
                File.WriteAllText(file, json.ToJsonString());
                break;
        }
    }
}
