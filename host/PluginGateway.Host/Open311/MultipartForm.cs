using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Reads a multipart form (RFC 7578). The framework's reader decodes a value in an encoding that it does not know as UTF-8; here, each value is
/// decoded in the charset that its part declares, or else the field <c>_charset_</c>, or else the form.
/// </summary>
internal static class MultipartForm
{
    public static async Task<(FormFields? Form, Open311Response? Refusal)> ReadAsync(
        HttpRequest request, MediaTypeHeaderValue type, FormOptions limits, CancellationToken ct)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length == 0 || boundary.Length > limits.MultipartBoundaryLengthLimit)
            throw new InvalidDataException("The boundary is missing or too long.");

        var reader = new MultipartReader(boundary, request.Body)
        {
            HeadersCountLimit = limits.MultipartHeadersCountLimit,
            HeadersLengthLimit = limits.MultipartHeadersLengthLimit,
            BodyLengthLimit = limits.MultipartBodyLengthLimit,
        };
        var (values, files) = (new List<(string Name, byte[] Value, string? Charset)>(), new FormFileCollection());
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
                files.Add(await FileAsync(request, section, disposition, name, limits, ct));
            else if (disposition.IsFormDisposition())
                values.Add((name, await ValueAsync(section, limits, ct), Charset(section)));
        }

        return Decode(values, files, type.Charset.Value);
    }

    private static async Task<FormFile> FileAsync(
        HttpRequest request, MultipartSection section, ContentDispositionHeaderValue disposition, string name, FormOptions limits, CancellationToken ct)
    {
        // Files of more than 64 KB are kept in temporary files, which are removed when the request ends.
        var content = new FileBufferingReadStream(
            section.Body, limits.MemoryBufferThreshold, limits.MultipartBodyLengthLimit, TemporaryFolder);
        request.HttpContext.Response.RegisterForDispose(content);
        await content.DrainAsync(ct);
        content.Position = 0;
        var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
        return new FormFile(content, 0, content.Length, name, fileName);
    }

    /// <summary>Returns the folder that the framework uses for the files of forms too.</summary>
    private static string TemporaryFolder() => Environment.GetEnvironmentVariable("ASPNETCORE_TEMP") ?? Path.GetTempPath();

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
