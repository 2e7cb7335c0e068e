using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage;

public sealed class StateFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task New_state_folder_and_its_files_are_readable_by_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such permissions");
            return;
        }

        var options = Options.Create(new StateOptions { Path = _folder.At("new", "state") });
        await using (var database = new SqliteDatabase(options, Faults.None, TimeProvider.System))
        {
            await database.MigrateAsync(default);
            await using var spooled = new Spool(options).Create();

            Assert.Null(StateFolder.FindLooseMode(options.Value.FullPath));
            foreach (var file in Directory.GetFiles(options.Value.FullPath, "*", SearchOption.AllDirectories))
                Assert.Equal((file, UnixFileMode.UserRead | UnixFileMode.UserWrite), (file, File.GetUnixFileMode(file)));
            Assert.Contains(Directory.GetFiles(options.Value.FullPath), f => f.EndsWith("-wal", StringComparison.Ordinal));
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
    }

    [Fact]
    public void Looser_permissions_of_an_existing_folder_are_kept_and_found()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such permissions");
            return;
        }

        var path = _folder.At("volume");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);

        StateFolder.Create(path);

        Assert.Equal("755", StateFolder.FindLooseMode(path));
        var log = new CollectingLogger<StateFolderCheck>();
        _ = new StateFolderCheck(Options.Create(new StateOptions { Path = path }), log).StartAsync(default);
        Assert.Contains("(mode 755)", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
