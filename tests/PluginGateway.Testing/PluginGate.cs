using System.Globalization;

namespace PluginGateway.Testing;

/// <summary>Blocks code of plug-ins, which are loaded into this process, until the test lets them continue.</summary>
internal sealed class PluginGate : IDisposable
{
    private static int _count;

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"PluginGate {Interlocked.Increment(ref _count)}");
    private readonly ManualResetEventSlim _open = new();

    public PluginGate()
    {
        // Plug-ins share no type with the test through which they could get the event.
        AppDomain.CurrentDomain.SetData(_name, _open);
    }

    /// <summary>The statement of the plug-in that waits.</summary>
    public string Wait => $"((System.Threading.ManualResetEventSlim)System.AppDomain.CurrentDomain.GetData(\"{_name}\")!).Wait();";

    public void Open() => _open.Set();

    public void Dispose()
    {
        // The event is not disposed of, because a plug-in may still be waiting.
        _open.Set();
        AppDomain.CurrentDomain.SetData(_name, null);
    }
}
