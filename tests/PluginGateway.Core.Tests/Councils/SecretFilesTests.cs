using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Councils;

public sealed class SecretFilesTests : IDisposable
{
    private const string Name = "SECRET_FILES_TESTS";
    private const string Variable = "GATEWAY_SECRET_" + Name;

    private readonly TempFolder _folder = new();

    private SecretFiles Secrets => new(Options.Create(new CouncilOptions { SecretsPath = _folder.Path }));

    [Fact]
    public void Variable_with_the_prefix_comes_before_the_file()
    {
        Assert.Null(Secrets.Find(Name));
        _folder.Write(Name, "from the file\n");
        Assert.Equal("from the file", Secrets.Find(Name));
        var version = Secrets.VersionOf(Name);

        Environment.SetEnvironmentVariable(Variable, "from the variable");

        Assert.Equal("from the variable", Secrets.Find(Name));
        Assert.NotEqual(version, Secrets.VersionOf(Name));
    }

    [Fact]
    public void Other_variables_of_the_process_cannot_be_read()
    {
        Assert.Null(Secrets.Find("PATH"));
        Assert.Equal("", Secrets.VersionOf("PATH"));
        Assert.Equal(
            "the secret PATH is missing; set the environment variable GATEWAY_SECRET_PATH or create the file PATH in the secrets folder"
                + " (the variable PATH is not used)",
            Secrets.DescribeMissing("PATH"));
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Dispose();
    }
}
