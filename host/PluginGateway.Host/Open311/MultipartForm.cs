using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Reads a multipart form (RFC 7578). The framework's reader decodes a value in an encoding that it does not know as UTF-8; here, each value is
/// decoded in the charset that its part declares, or else the field <c>_charset_</c>, or else the form.
/// </summary>
internal sealed class MultipartForm(Spool spool, IOptions<Open311Options> options)
{
    public async Task<(FormFields? Form, Open311Response? Refusal)> ReadAsync(HttpRequest request, MediaTypeHeaderValue type, CancellationToken ct)
    {
        var limits = FormParser.Limits;
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length == 0 || boundary.Length > limits.MultipartBoundaryLengthLimit)
            throw new InvalidDataException("The boundary is missing or too long.");

        var reader = new MultipartReader(boundary, request.Body)
        {
            HeadersCountLimit = limits.MultipartHeadersCountLimit,
            HeadersLengthLimit = limits.MultipartHeadersLengthLimit,
        };
        var (values, files, held) = (new List<(string Name, byte[] Value, string? Charset)>(), new FormFileCollection(), new List<IDisposable>());
        while (await reader.ReadNextSectionAsync(ct) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                throw new InvalidDataException("A part has no valid Content-Disposition.");
            if (values.Count + files.Count >= limits.ValueCountLimit)
                throw new InvalidDataException("The count limit of fields was exceeded.");

            var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
            if (name.Length > limits.KeyLengthLimit)
                throw new InvalidDataException("The length limit of a name was exceeded.");
            if (disposition.IsFileDisposition())
                files.Add(await FileAsync(request, section, disposition, name, held, ct));
            else if (disposition.IsFormDisposition())
                values.Add((name, await ValueAsync(section, limits, ct), Charset(section)));
        }

        var (form, refusal) = Decode(values, files, type.Charset.Value);
        return (form is null ? null : form with { Held = held }, refusal);
    }

    private async Task<FormFile> FileAsync(
        HttpRequest request, MultipartSection section, ContentDispositionHeaderValue disposition, string name, List<IDisposable> held, CancellationToken ct)
    {
        // A form with too many files is refused later, so their content is not received.
        var content = held.Count < options.Value.MaxFiles ? await ReceiveAsync(section.Body, ct) : Stream.Null;
        request.HttpContext.Response.RegisterForDispose(content);
        held.Add(content);
        var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
        return new FormFile(content, 0, content.Length, name, fileName);
    }

    /// <summary>
    /// Receives a file: a small one into memory, any other into a temporary file. Its key may be the last part of the form, so nothing is stored before the
    /// whole form has been read.
    /// </summary>
    private async Task<Stream> ReceiveAsync(Stream body, CancellationToken ct)
    {
        var start = ArrayPool<byte>.Shared.Rent(BodySlots.SmallBytes);
        try
        {
            var length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, ct);
            if (length < start.Length)
                return new MemoryStream(start.AsSpan(0, length).ToArray(), writable: false);

            var file = spool.Create();
            try
            {
                await Spool.WriteAsync(file, start, ct);
                await Spool.CopyAsync(body, file, observe: null, ct);
                return file;
            }
            catch
            {
                await file.DisposeAsync();
                throw;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start, clearArray: true);
        }
    }

    private static async Task<byte[]> ValueAsync(MultipartSection section, FormOptions limits, CancellationToken ct)
    {
        using var value = new MemoryStream();
        var piece = new byte[4 << 10];
        int read;
        while ((read = await section.Body.ReadAsync(piece, ct)) > 0)
        {
            if (value.Length + read > limits.ValueLengthLimit)
                throw new InvalidDataException("The length limit of a value was exceeded.");
            value.Write(piece, 0, read);
        }

        return value.ToArray();
    }

    private static string? Charset(MultipartSection section) =>
        MediaTypeHeaderValue.TryParse(section.ContentType, out var type) && type.Charset.HasValue ? type.Charset.Value : null;

    private static (FormFields? Form, Open311Response? Refusal) Decode(
        List<(string Name, byte[] Value, string? Charset)> values, FormFileCollection files, string? charset)
    {
        var declared = values.Find(v => v.Name == FormCharsets.Field).Value is { Length: > 0 } field ? Encoding.ASCII.GetString(field) : charset;
        var encodings = new Dictionary<string, Encoding>(StringComparer.OrdinalIgnoreCase);
        var fields = new Dictionary<string, StringValues>(values.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value, ofPart) in values)
        {
            var wanted = ofPart ?? declared ?? "utf-8";
            if (!encodings.TryGetValue(wanted, out var encoding))
            {
                if (FormCharsets.Find(wanted) is not { } found)
                    return (null, FormCharsets.NotSupported(wanted));
                encodings[wanted] = encoding = found;
            }

            fields[name] = StringValues.Concat(fields.GetValueOrDefault(name), encoding.GetString(value).TrimStart('\uFEFF'));
        }

        fields.Remove(FormCharsets.Field);
        return (new FormFields(fields, files), null);
    }
}
