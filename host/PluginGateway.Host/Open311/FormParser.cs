using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Open311;

/// <summary>Reads the body of a POST within limits, and describes what is wrong with an invalid one.</summary>
internal sealed class FormParser(MultipartForm multipart, IOptions<LimitsOptions> limits)
{
    private const string TooLong = "The name or value of a field is too long. A value can have at most 64 KB.";
    private const int MaxValueLength = 64 << 10;
    private const int MaxBytesInMemory = 8 << 20;
    private const string UrlEncoded = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    private const string TooMany = "The request has more than 1024 fields.";

    public static readonly FormOptions Limits = new()
    {
        ValueCountLimit = 1_024,
        KeyLengthLimit = 2_048,
        // The limit applies before decoding, when one character can take nine bytes.
        ValueLengthLimit = 9 * MaxValueLength,
        MultipartHeadersCountLimit = 16,
        MultipartHeadersLengthLimit = 8 << 10,
        MultipartBoundaryLengthLimit = 128,
    };

    public async Task<(FormFields? Form, Open311Response? Refusal)> ReadAsync(HttpContext http)
    {
        var type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type) && http.Request.ContentLength is null or 0)
            return (FormFields.Empty, null);

        try
        {
            // The server refuses a body of a greater length, and ends the reading of one whose length is not known.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = limits.Value.BodyBytes;
            return await ReadAsync(http.Request, type, http.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Open311Response.Error(StatusCodes.Status413PayloadTooLarge, $"The request is larger than {limits.Value.BodyBytes >> 20} MB.")
                : Open311Response.Error(e.StatusCode, "Reading the request body failed."));
        }
        catch (InvalidDataException e)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, Describe(e), ErrorCodes.BodyWrong));
        }
        catch (IOException e) when (e is not SpoolException)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, "The request body is incomplete.", ErrorCodes.BodyWrong));
        }
    }

    private async ValueTask<(FormFields? Form, Open311Response? Refusal)> ReadAsync(HttpRequest request, string? type, CancellationToken ct)
    {
        // Almost every form is of this kind.
        if (request.ContentLength <= MaxValueLength && type == UrlEncoded)
            return await ReadUrlEncodedAsync(request, "", ct);

        var media = MediaTypeHeaderValue.TryParse(type, out var parsed) ? parsed : null;
        if (media?.MediaType.Equals(Multipart, StringComparison.OrdinalIgnoreCase) == true)
            return WithoutLongValue(await multipart.ReadAsync(request, media, ct));
        if (media?.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase) != true)
            return (null, Open311Response.Error(
                StatusCodes.Status415UnsupportedMediaType,
                "Send the report as application/x-www-form-urlencoded or multipart/form-data; other content types are not supported."));

        // The framework decodes the escape sequences of a form as UTF-8, whatever it declares.
        var charset = media.Charset.Value ?? "";
        if (request.ContentLength is null or <= MaxValueLength || !IsUtf8(charset))
            return await ReadUrlEncodedAsync(request, charset, ct);

        var form = await new FormFeature(request, Limits).ReadFormAsync(ct);
        var fields = form.ToDictionary(StringComparer.OrdinalIgnoreCase);
        fields.Remove(FormCharsets.Field);
        return WithoutLongValue((new FormFields(fields), null));
    }

    /// <summary>
    /// Reads a form that fits into the server's buffer, as almost all do, one that is not in UTF-8, or one whose length is not known. The framework's
    /// reader refuses a form that contains a NUL character, and the report would be lost because of a minor error of the client. Here it is accepted and
    /// later removed like other control characters.
    /// </summary>
    private static async ValueTask<(FormFields? Form, Open311Response? Refusal)> ReadUrlEncodedAsync(HttpRequest request, string charset, CancellationToken ct)
    {
        var reader = request.BodyReader;
        var read = await reader.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            if (read.Buffer.Length > MaxBytesInMemory)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (null, Open311Response.Error(
                    StatusCodes.Status413PayloadTooLarge, $"The form is larger than {MaxBytesInMemory >> 20} MB."));
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(ct);
        }

        var result = Fields(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray(), charset);
        reader.AdvanceTo(read.Buffer.End);
        return WithoutLongValue(result);
    }

    private static (FormFields? Form, Open311Response? Refusal) Fields(ReadOnlySpan<byte> body, string charset)
    {
        if (charset.Length == 0)
            charset = DeclaredCharset(body);
        if ((charset.Length == 0 ? Encoding.UTF8 : FormCharsets.Find(charset)) is not { } encoding)
            return (null, FormCharsets.NotSupported(charset));

        var form = Fields(body, encoding, out var problem);
        return problem is null ? (form, null) : (null, Open311Response.Error(StatusCodes.Status400BadRequest, problem, ErrorCodes.BodyWrong));
    }

    /// <summary>Returns the value of the field with which web browsers declare the encoding; empty if there is none.</summary>
    private static string DeclaredCharset(ReadOnlySpan<byte> body)
    {
        var start = "_charset_="u8;
        var at = body.StartsWith(start) ? 0 : body.IndexOf("&_charset_="u8) + 1;
        if (at == 0 && !body.StartsWith(start))
            return "";

        var value = body[(at + start.Length)..];
        return Encoding.ASCII.GetString(value.IndexOf((byte)'&') is >= 0 and var end ? value[..end] : value);
    }

    private static FormFields Fields(ReadOnlySpan<byte> body, Encoding encoding, out string? problem)
    {
        problem = null;
        var fields = new Dictionary<string, StringValues>(Math.Min(body.Count((byte)'&') + 1, Limits.ValueCountLimit), StringComparer.OrdinalIgnoreCase);
        var count = 0;
        foreach (var range in body.Split((byte)'&'))
        {
            var field = body[range];
            if (field.IsEmpty)
                continue;
            if (++count > Limits.ValueCountLimit)
            {
                problem = TooMany;
                break;
            }

            var equals = field.IndexOf((byte)'=');
            var name = WireText.Clean(Decoded(equals < 0 ? field : field[..equals], encoding));
            if (name.Length > Limits.KeyLengthLimit)
            {
                problem = TooLong;
                break;
            }

            ref var values = ref CollectionsMarshal.GetValueRefOrAddDefault(fields, name, out _);
            values = StringValues.Concat(values, equals < 0 ? "" : Decoded(field[(equals + 1)..], encoding));
        }

        fields.Remove(FormCharsets.Field);
        return new FormFields(fields);
    }

    private static bool IsUtf8(string charset) => charset.Trim('"').ToLowerInvariant() is "" or "utf-8" or "utf8" or "us-ascii";

    /// <summary>Decodes a name or a value. An invalid escape sequence is kept unchanged.</summary>
    private static string Decoded(ReadOnlySpan<byte> text, Encoding encoding)
    {
        if (text.IndexOfAny((byte)'%', (byte)'+') < 0)
            return encoding.GetString(text);

        var buffer = ArrayPool<byte>.Shared.Rent(text.Length);
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                buffer[length++] = byte.Parse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else
            {
                buffer[length++] = text[i] == '+' ? (byte)' ' : text[i];
            }
        }

        var decoded = encoding.GetString(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return decoded;
    }

    private static (FormFields? Form, Open311Response? Refusal) WithoutLongValue((FormFields? Form, Open311Response? Refusal) read)
    {
        if (read.Form is null)
            return read;
        foreach (var values in read.Form.Values.Values)
            foreach (var value in values)
                if (value?.Length > MaxValueLength)
                    return (null, Open311Response.Error(StatusCodes.Status400BadRequest, TooLong, ErrorCodes.BodyWrong));
        return read;
    }

    private static string Describe(InvalidDataException e) => e.Message switch
    {
        var m when m.Contains("count limit", StringComparison.OrdinalIgnoreCase) => TooMany,
        var m when m.Contains("length limit", StringComparison.OrdinalIgnoreCase) => TooLong,
        var m when m.Contains("characters", StringComparison.OrdinalIgnoreCase) => "A field contains a NUL character.",
        _ => "The request body is not a valid form.",
    };
}
