using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Adapters.Toolkit.Csv;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class CsvTableTests
{
    [Fact]
    public void What_was_written_is_read() => Prop.ForAll(
        ArbMap.Default.ArbFor<string[][]>(), table =>
        {
            var rows = (table ?? []).Where(r => r is { Length: > 1 } && r.All(f => f is not null && XmlSafe(f))).Select(r => r.Take(2).ToArray()).ToList();
            var file = "a,b\r\n" + string.Concat(rows.Select(r => string.Join(',', r.Select(f => $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\r\n"));
            var read = Read(Encoding.UTF8.GetBytes(file)).GetAwaiter().GetResult();
            Assert.Equal(rows.Select(r => $"{r[0]}|{r[1]}"), read.Select(r => r.Text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public async Task Any_bytes_at_all_end_in_rows_and_problems()
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
    public async Task Lines_are_those_an_editor_shows_also_after_a_row_without_end()
    {
        var file = "a,b\r\n1,\"x\r\ny\"\r\n\r\n2,\"open\r\n" + string.Concat(Enumerable.Range(0, 60_000).Select(_ => "3,closed\r\n")) + "4\r\n";

        var rows = await Read(Encoding.UTF8.GetBytes(file));

        Assert.Equal([(2, null), (5, "a quotation mark is not closed"), (6, null)], rows.Take(3).Select(r => (r.Line, r.Problem)));
        Assert.Equal((60_006, "it has 1 fields, and the header has 2"), (rows[^1].Line, rows[^1].Problem));
        Assert.Equal(60_003, rows.Count);
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
