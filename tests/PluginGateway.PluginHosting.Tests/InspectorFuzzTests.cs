using PluginGateway.PluginHosting.Inspection;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests that the inspector answers for damaged and malicious DLLs too, with little memory.</summary>
public sealed class InspectorFuzzTests : IDisposable
{
    private const int Seed = 20_261_201;
    private const int Count = 10_000;
    private const long MaxAllocated = 256L << 20;

    private readonly TempFolder _folder = new();

    [Fact]
    public void Ten_thousand_changed_DLLs_are_refused_or_described()
    {
        var original = File.ReadAllBytes(PluginForge.Compile(_folder.At("original", "One.dll"), PluginForge.WithWord("one", "good")));
        Directory.CreateDirectory(_folder.At("plugin"));
        var path = _folder.At("plugin", "One.dll");
        Assert.True(Inspect(original).TryGet(out _, out _));

        var (refused, worst) = (0, 0L);
        for (var i = 0; i < Count; i++)
        {
            var random = new Random(Seed + i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                refused += Inspect(Mutation.Of(original, random)).TryGet(out _, out var refusal) ? 0 : Checked(refusal.Reason);
            }
            catch (Exception e)
            {
                Assert.Fail($"Mutation {i}: {e}");
            }

            worst = Math.Max(worst, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(refused, Count / 4, Count);
        Assert.True(worst < MaxAllocated, $"{worst >> 20} MB were allocated for one DLL.");

        StageOutcome<PluginManifest> Inspect(byte[] content)
        {
            File.WriteAllBytes(path, content);
            return PluginInspector.Inspect(_folder.At("plugin"));
        }

        static int Checked(string reason)
        {
            Assert.InRange(reason.Length, 1, 10_000);
            return 1;
        }
    }

    public void Dispose() => _folder.Dispose();
}
