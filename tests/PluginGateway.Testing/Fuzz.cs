using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PluginGateway.Testing;

/// <summary>
/// Runs a parser of foreign bytes on changed examples. It must return or throw what it documents, and allocate little memory. A counter-example is reduced
/// before it is reported. <c>GATEWAY_FUZZ_CASES</c> sets the number of cases, <c>GATEWAY_FUZZ_SEED</c> the seed.
/// </summary>
internal static class Fuzz
{
    private const long MaxAllocated = 256L << 20;

    private static int Cases { get; } = Number("GATEWAY_FUZZ_CASES", 400);

    private static ulong Seed { get; } = (ulong)Number("GATEWAY_FUZZ_SEED", 20_261_201);

    /// <param name="examples">Valid content.</param>
    /// <param name="parse">Calls the parser, and catches the exceptions that it documents.</param>
    public static void Run(IReadOnlyList<string> examples, Action<byte[]> parse)
    {
        var bytes = examples.Select(Encoding.UTF8.GetBytes).ToList();
        foreach (var example in bytes)
            parse(example);

        var content =
            from example in Gen.Choose(0, bytes.Count - 1)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select Mutation.OfText(bytes[example], new Random(seed));
        Prop.ForAll(Arb.From(content, Shorter), given =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            parse(given);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MaxAllocated, $"{allocated >> 20} MB were allocated for {given.Length} bytes.");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(Seed, 1));
    }

    /// <summary>Returns shorter content: without a half, a quarter and so on.</summary>
    private static IEnumerable<byte[]> Shorter(byte[] content)
    {
        for (var part = content.Length / 2; part > 0; part /= 2)
            for (var at = 0; at + part <= content.Length; at += part)
                yield return [.. content[..at], .. content[(at + part)..]];
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
