using System.Text;
using System.Text.Json;

namespace PluginGateway.Host.Commands;

/// <summary>The output of a command: columns for people, or JSON for programs.</summary>
internal sealed class Table(params string[] columns)
{
    private const int MaxWidth = 80;

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Print(bool json) => Console.WriteLine(json ? Json() : Text());

    private string Text()
    {
        var widths = columns.Select((c, i) => Math.Min(MaxWidth, _rows.Select(r => r[i].Length).Append(c.Length).Max())).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows.Prepend([.. columns.Select(c => c.ToUpperInvariant())]))
        {
            var line = string.Join("  ", row.Select((cell, i) => cell.ReplaceLineEndings(" ").PadRight(widths[i])));
            text.AppendLine(line.TrimEnd());
        }

        return text.ToString().TrimEnd();
    }

    private string Json()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (var row in _rows)
            {
                writer.WriteStartObject();
                for (var i = 0; i < columns.Length; i++)
                    writer.WriteString(columns[i].Replace(' ', '_'), row[i]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
