using System.Diagnostics;
using System.Net.Sockets;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests entries of the plug-ins folder that are no plug-ins.</summary>
public sealed class FolderNotesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PluginWorld _world;

    public FolderNotesTests() => _world = new PluginWorld(_folder);

    [Theory]
    [Trait("Case", "67-zip-dropped")]
    [InlineData("Sat-2.0.0.zip")]
    [InlineData("Sat.2.0.0.nupkg")]
    [InlineData("Sat.tar.gz")]
    public async Task Archive_is_reported_until_it_is_removed(string name)
    {
        await _world.StartAsync();
        var path = _folder.Write($"plugins/{name}", "PK");
        _folder.Write("plugins/notes.txt", "for the operators");
        await _world.ScanAsync();

        var status = Assert.Single(_world.Statuses.All);
        Assert.Equal(path, status.Path);
        Assert.Equal("it is an archive; unpack it into a separate folder in the plug-ins folder, and then remove it", status.Reason);

        File.Delete(path);
        await _world.ScanAsync();
        Assert.Empty(_world.Statuses.All);
    }

    [Fact]
    public async Task Pipes_and_sockets_are_reported_and_passed_over()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Named pipes are files only on Unix.");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        foreach (var pipe in (string[])["plugins/pipe", "plugins/Pipe.dll", "plugins/one/Pipe.dll"])
        {
            using var make = Process.Start("mkfifo", [_folder.At(pipe)]);
            await make.WaitForExitAsync();
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.At("plugins", "socket")));

        await _world.StartAsync();
        await _world.SettleAsync();

        Assert.Equal(PluginState.Active, _world.Serving("one").State);
        Assert.Equal("it is a named pipe and is ignored; remove it", _world.Status("pipe").Reason);
        Assert.Equal("it is a named pipe; remove it from the plug-ins folder", _world.Status("Pipe.dll").Reason);
        Assert.Equal("it is a named pipe and is ignored; remove it", _world.Status("one/Pipe.dll").Reason);
        Assert.Equal("it is a socket and is ignored; remove it", _world.Status("socket").Reason);
    }

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }
}
