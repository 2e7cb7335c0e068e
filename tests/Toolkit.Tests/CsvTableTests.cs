using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Adapters.Toolkit.Csv;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class CsvTableTests
{
    [Fact]
    public void Written_tables_are_read_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<string[][]>(), table =>
        {
            var rows = (table ?? []).Where(r => r is { Length: > 1 } && r.All(f => f is not null && XmlSafe(f))).Select(r => r.Take(2).ToArray()).ToList();
            var file = "a,b\r\n"
                + string.Concat(rows.Select(r => string.Join(',', r.Select(f => $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\r\n"));
            var read = Read(Encoding.UTF8.GetBytes(file)).GetAwaiter().GetResult();
            Assert.Equal(rows.Select(r => $"{r[0]}|{r[1]}"), read.Select(r => r.Text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public async Task Random_bytes_are_read_as_rows_and_problems()
    {
        var random = new Random(7);
        var letters = "\"\",,\n\r\n\"a1é\u0000"u8.ToArray();
        for (var i = 0; i < 500; i++)
        {
            var file = "a,b\n"u8.ToArray().Concat(Enumerable.Range(0, random.Next(400)).Select(_ => letters[random.Next(letters.Length)])).ToArray();
            var rows = await Read(file);
            Assert.True(rows.Select(r => r.Line).SequenceEqual(rows.Select(r => r.Line).Order()), Encoding.UTF8.GetString(file));
        }
    }

    [Fact]
    public async Task Line_numbers_match_an_editor_even_after_an_unclosed_row()
    {
        var file = "a,b\r\n1,\"x\r\ny\"\r\n\r\n2,\"open\r\n" + string.Concat(Enumerable.Range(0, 60_000).Select(_ => "3,closed\r\n")) + "4\r\n";

        var rows = await Read(Encoding.UTF8.GetBytes(file));

        Assert.Equal([(2, null), (5, "a quotation mark is not closed"), (6, null)], rows.Take(3).Select(r => (r.Line, r.Problem)));
        // The missing fields of a short row are empty.
        Assert.Equal((60_006, "4|", null), rows[^1]);
        Assert.Equal(60_003, rows.Count);
    }

    [Fact]
    public async Task Overlong_lines_invalidate_only_their_own_row()
    {
        var file = $"a,b\n1,x\n2,{new string('y', 600_000)}\n3,\"two\nlines\"\n4,{new string('z', 2_000_000)}\n5,w\n6,\"{new string('q', 400_000)}\n7,v";

        var rows = await Read(Encoding.UTF8.GetBytes(file));

        Assert.Equal(
            [(2, "1|x", null), (3, "|", "the row is longer than 256 KB"), (4, "3|two\nlines", null), (6, "|", "the row is longer than 256 KB"),
                (7, "5|w", null), (8, "|", "a quotation mark is not closed"), (9, "7|v", null)], rows);
    }

    [Fact]
    public async Task Unclosed_quotation_mark_does_not_swallow_the_following_rows()
    {
        var file = "a,b,c,d\n1,\"urgent,3,4\n2,x,3,4\n3,y,3,4\n4,size 12\",3,4\n5,\"two, or\nthree, "
            + "lines\",3,4\n6,\"open,3,4\n7,\"more\nlines\",3,4\n8,v,3,4\n";

        var rows = await Read(Encoding.UTF8.GetBytes(file));

        Assert.Equal(
            ["1", "2|x", "3|y", "4|size 12\"", "5|two, or\nthree, lines", "6", "7|more\nlines", "8|v"],
            rows.Select(r => r.Problem is null ? r.Text : r.Line == 2 ? "1" : "6"));
    }

    [Fact]
    public async Task Carriage_returns_alone_end_lines()
    {
        var rows = await Read("a,b,c,d\r1,\"x,3,4\r2,y,3,4\r3,z,3,4\r"u8.ToArray());

        Assert.Equal([null, "2|y", "3|z"], rows.Select(r => r.Problem is null ? r.Text : null));
    }

    [Fact]
    public async Task Broken_quoting_is_read_with_linear_cost()
    {
        var file = Encoding.UTF8.GetBytes("a,b\n" + string.Concat(Enumerable.Repeat("\"\n", 500_000)));

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var rows = await Read(file);

        Assert.InRange(rows.Count, 250_000, 500_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 2_000L * rows.Count);
    }

    private static bool XmlSafe(string field) => !field.Any(c => char.IsSurrogate(c) || c is '\0' or '\uFFFE' or '\uFEFF');

    private static async Task<List<(int Line, string Text, string? Problem)>> Read(byte[] file)
    {
        var rows = new List<(int, string, string?)>();
        await using var table = await CsvTable.OpenAsync(_ => Task.FromResult<Stream>(new MemoryStream(file, writable: false)), default);
        while (await table.ReadAsync(default))
            rows.Add((table.Line, $"{table.Text(0)}|{table.Text(1)}", table.Problem));
        return rows;
    }
}
