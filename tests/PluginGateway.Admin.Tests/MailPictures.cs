using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using MimeKit;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Takes screenshots of the gateway's e-mail, in two widths and as plain text, in the folder that <c>GATEWAY_SCREENSHOTS</c> names.</summary>
public sealed class MailPictures
{
    [Fact]
    public async Task Screenshots_of_the_mail_are_written()
    {
        var folder = Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS");
        Assert.SkipUnless(folder is { Length: > 0 }, "GATEWAY_SCREENSHOTS is not set.");
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Directory.CreateDirectory(folder);
        await using var gateway =
            await new GatewayApp().Council(
                "camden", Some.EmailCouncil("camden").Replace("Council of camden", "London Borough of Camden", StringComparison.Ordinal)).StartAsync();
        await PostAsync(gateway, ("email", "jo@example.org"), ("first_name", "Jo"), ("last_name", "Bloggs"), ("phone", "020 7946 0000"));
        var mail = await ReadAsync(Assert.Single(await gateway.MailsAsync(1)));
        await PostAsync(gateway, ("description", "It is deeper now: a cyclist has fallen."));
        var changed = await ReadAsync(Assert.Single(await gateway.MailsAsync(2), m => m.Contains("It replaces", StringComparison.Ordinal)));

        using var files = new TempFolder();
        using var browser = Browser.Open(gateway);
        foreach (var (name, page) in new[] { ("mail", mail.Html), ("mail-text", mail.Text), ("mail-changed", changed.Html),
            ("mail-changed-text", changed.Text) })
        {
            var file = new Uri(files.Write($"{name}.html", page)).AbsoluteUri;
            foreach (var (look, width, height) in new[] { ("wide", 760, 1_220), ("narrow", 380, 1_240) })
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{look}.webp"), browser.Resize(width, height).Go(file).Screenshot());
        }
    }

    private static async Task PostAsync(GatewayApp gateway, params (string Name, string Value)[] more)
    {
        using var form = new MultipartFormDataContent();
        var fields = Some.Report(
            "POTHOLE", "4711", "A deep hole by the gate, about as long as a car.\nCyclists go round it into the traffic.",
            [("attribute[SIZE]", "l"), ("attribute[WHERE]", "In front of the school"), .. more]);
        foreach (var (name, value) in fields.Append(("api_key", GatewayApp.Key)).Append(("jurisdiction_id", "camden")).GroupBy(f => f.Item1)
            .Select(g => g.Last()))
            form.Add(new StringContent(value), name);
        form.Add(new ByteArrayContent(Photo()), "photo1", "hole.png");
        using var response = await gateway.Http.PostAsync(new Uri($"{gateway.V2}/requests.xml"), form);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<(string Html, string Text)> ReadAsync(string mail)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(mail));
        using var message = await MimeMessage.LoadAsync(stream);
        var html = message.HtmlBody!;
        foreach (var photo in message.BodyParts.OfType<MimePart>().Where(p => p.ContentId is not null))
        {
            using var content = new MemoryStream();
            await photo.Content!.DecodeToAsync(content);
            html = html.Replace(
                $"cid:{photo.ContentId}", $"data:{photo.ContentType.MimeType};base64,{Convert.ToBase64String(content.ToArray())}", StringComparison.Ordinal);
        }

        Assert.DoesNotContain("cid:", html, StringComparison.Ordinal);
        return (html,
            "<meta charset=\"utf-8\"><pre style=\"font: 14px monospace; white-space: pre-wrap; margin: "
                + $"16px\">{WebUtility.HtmlEncode(message.TextBody)}</pre>");
    }

    /// <summary>Creates a PNG (ISO/IEC 15948) of a road with a dark spot.</summary>
    private static byte[] Photo()
    {
        const int Width = 640, Height = 360;
        using var rows = new MemoryStream();
        using (var deflate = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < Height; y++)
            {
                deflate.WriteByte(0);
                for (var x = 0; x < Width; x++)
                {
                    var (dx, dy) = ((x - 330) / 150.0, (y - 220) / 60.0);
                    var hole = Math.Clamp(1.3 - (dx * dx) - (dy * dy), 0, 1);
                    var shade = y < 90 ? 190 : 130 - (int)(90 * hole) + ((x * 7919 + (y * 104729)) % 17);
                    deflate.Write([(byte)shade, (byte)shade, (byte)(y < 90 ? 215 : shade)]);
                }
            }
        }

        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Height);
        (header[8], header[9]) = (8, 2);
        Chunk("IHDR"u8, header);
        Chunk("IDAT"u8, rows.ToArray());
        Chunk("IEND"u8, []);
        return png.ToArray();

        void Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
        {
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            png.Write(number);
            byte[] all = [.. type, .. content];
            png.Write(all);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(all));
            png.Write(number);
        }
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
