using System.Globalization;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.People;

/// <summary>Writes what is kept of one person to a ZIP file: <c>person.json</c>, and the files that the person sent.</summary>
internal sealed class PersonExport(IDatabase database, PersonData people, AttachmentStore files)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file. The export is recorded in the audit log without the address or number.</summary>
    public async Task<ActionOutcome> WriteAsync(string? value, Stream output, string who, string why, CancellationToken ct)
    {
        if (PersonTerms.Normal(value) is not { } normal)
            return ActionOutcome.No("Enter an e-mail address, or a telephone number with at least 7 digits.");
        if (await people.SearchAsync(normal, ct) is not { } found)
            return ActionOutcome.No("The index of people is still being built. Try again later.");
        if (found.IsEmpty)
            return ActionOutcome.No("Nothing is kept of this person.");

        await people.RecordAsync("person-export", normal, before: "", found.ToString(), who, why, ct);
        await using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        var attachments = new List<Attachment>();
        await using (var entry = await zip.CreateEntry("person.json").OpenAsync(ct))
        await using (var json = new Utf8JsonWriter(entry, Indented))
        {
            json.WriteStartObject();
            json.WriteStartArray("reports");
            foreach (var report in found.Reports)
                await WriteAsync(json, report, attachments, ct);
            json.WriteEndArray();
            json.WriteStartArray("updates");
            foreach (var update in found.Updates)
                await WriteAsync(json, update, attachments, ct);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        foreach (var file in attachments.DistinctBy(a => a.Id))
            await CopyAsync(zip, file, ct);
        return ActionOutcome.Yes($"{found} exported.");
    }

    /// <summary>Writes stored JSON so that people can read its text.</summary>
    private static void Write(Utf8JsonWriter json, byte[] payload)
    {
        using var stored = JsonDocument.Parse(payload);
        stored.RootElement.WriteTo(json);
    }

    private static string Time(long ms) => UnixTime.At(ms).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private async Task WriteAsync(Utf8JsonWriter json, PersonReport report, List<Attachment> attachments, CancellationToken ct)
    {
        json.WriteStartObject();
        json.WriteString("id", report.OwnId);
        json.WriteString("council", report.Council);
        json.WriteString("service", report.Service);
        json.WriteString("received", Time(report.Received));
        json.WriteString("status", report.Status);
        json.WriteStartArray("revisions");
        foreach (var payload in await database.ReadAsync(
            db => db.ListAsync<byte[]>(
                "SELECT payload FROM report_revision WHERE id BETWEEN @Id AND @last ORDER BY id",
                new { report.Id, last = ReportIds.LastRevisionId(report.Id) }),
            ct))
        {
            if (payload.Length == 0)
                continue;
            Write(json, payload);
            attachments.AddRange(JsonSerializer.Deserialize(payload, ReportJson.Default.StoredReport)!.Attachments ?? []);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task WriteAsync(Utf8JsonWriter json, PersonUpdate update, List<Attachment> attachments, CancellationToken ct)
    {
        var payload = await database.ReadAsync(
            db => db.ScalarAsync<byte[]>("SELECT payload FROM client_update WHERE id = @Id", new { update.Id }), ct) ?? [];
        json.WriteStartObject();
        json.WriteString("council", update.Council);
        json.WriteString("received", Time(update.Received));
        json.WritePropertyName("update");
        Write(json, payload);
        json.WriteEndObject();
        attachments.AddRange(JsonSerializer.Deserialize(payload, ReportJson.Default.StoredClientUpdate)!.Attachments);
    }

    private async Task CopyAsync(ZipArchive zip, Attachment file, CancellationToken ct)
    {
        Stream content;
        try
        {
            content = await files.OpenAsync(file, ct);
        }
        catch (FileNotFoundException)
        {
            // Its retention period has ended.
            return;
        }

        await using (content)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"files/{Math.Abs(file.Id)}-{Path.GetFileName(file.FileName)}");
            await using var entry = await zip.CreateEntry(name).OpenAsync(ct);
            await content.CopyToAsync(entry, ct);
        }
    }
}
