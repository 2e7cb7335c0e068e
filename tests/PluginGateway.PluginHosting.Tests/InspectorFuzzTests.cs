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

/// <summary>Changes bytes as damage and attackers do: flipped bits, extreme numbers, moved blocks, missing ends.</summary>
internal static class Mutation
{
    private static readonly uint[] Extremes = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xC000_0000, 0x1FFF_FFFF];

    public static byte[] Of(byte[] original, Random random)
    {
        var result = (byte[])original.Clone();
        // Most interesting structures are small, so changes are close together half of the time.
        var center = random.Next(result.Length);
        for (var changes = 1 + random.Next(8); changes > 0; changes--)
        {
            var at = random.Next(2) == 0 ? random.Next(result.Length) : Math.Clamp(center + random.Next(-64, 64), 0, result.Length - 1);
            switch (random.Next(6))
            {
                case 0:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    result[at] = (byte)random.Next(256);
                    break;
                case 2:
                    var number = BitConverter.GetBytes(Extremes[random.Next(Extremes.Length)]);
                    number.AsSpan(0, Math.Min(random.Next(3) switch { 0 => 1, 1 => 2, _ => 4 }, result.Length - at)).CopyTo(result.AsSpan(at));
                    break;
                case 3:
                    var length = Math.Min(random.Next(1, 200), result.Length - at);
                    result.AsSpan(random.Next(result.Length - length + 1), length).CopyTo(result.AsSpan(at));
                    break;
                case 4:
                    result.AsSpan(at, Math.Min(random.Next(1, 64), result.Length - at)).Fill((byte)(random.Next(2) * 255));
                    break;
                case 5 when random.Next(8) == 0:
                    return result[..at];
            }
        }

        return result;
    }
}
