using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace PluginGateway.Host.Open311;

/// <summary>Reads the body of a POST within limits, and describes what is wrong with an invalid one.</summary>
internal static class FormParser
{
    /// <summary>The maximum length of a body. FixMyStreet sends a few pictures at most; a longer body is refused while it is read.</summary>
    public const long MaxBytes = 60L << 20;

    private const string TooLong = "The name or value of a field is too long. A value can have at most 64 KB.";
    private const int MaxValueLength = 64 << 10;
    private const string UrlEncoded = "application/x-www-form-urlencoded";

    private const string TooMany = "The request has more than 1024 fields.";

    private static readonly FormOptions Limits = new()
    {
        ValueCountLimit = 1_024,
        KeyLengthLimit = 2_048,
        // The limit applies before decoding, when one character can take nine bytes.
        ValueLengthLimit = 9 * MaxValueLength,
        MultipartBodyLengthLimit = MaxBytes,
        MultipartHeadersCountLimit = 16,
        MultipartHeadersLengthLimit = 8 << 10,
        MultipartBoundaryLengthLimit = 128,
        MemoryBufferThreshold = 64 << 10,
    };

    public static async Task<(FormFields? Form, Open311Response? Refusal)> ReadAsync(HttpContext http)
    {
        var type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type) && http.Request.ContentLength is null or 0)
            return (FormFields.Empty, null);

        try
        {
            if (http.Request.ContentLength <= MaxValueLength && IsPlain(type))
                return await ReadShortAsync(http.Request, http.RequestAborted);

            var feature = new FormFeature(http.Request, Limits);
            if (!feature.HasFormContentType)
                return (null, Open311Response.Error(
                    StatusCodes.Status415UnsupportedMediaType,
                    "Send the report as application/x-www-form-urlencoded or multipart/form-data; other content types are not supported."));

            // Set as the feature of the request, so that the temporary files of uploads are removed when the request ends.
            http.Features.Set<IFormFeature>(feature);
            var form = await feature.ReadFormAsync(http.RequestAborted);
            return HasLongValue(form)
                ? (null, Open311Response.Error(StatusCodes.Status400BadRequest, TooLong, ErrorCodes.BodyWrong))
                : (new FormFields(form.ToDictionary(StringComparer.OrdinalIgnoreCase), form.Files), null);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Open311Response.Error(StatusCodes.Status413PayloadTooLarge, $"The request is larger than {MaxBytes >> 20} MB.")
                : Open311Response.Error(e.StatusCode, "Reading the request body failed."));
        }
        catch (InvalidDataException e)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, Describe(e), ErrorCodes.BodyWrong));
        }
        catch (IOException)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, "The request body is incomplete.", ErrorCodes.BodyWrong));
        }
    }

    /// <summary>
    /// Reads a form that fits into the server's buffer, as almost all do. The framework's reader refuses a form that contains a NUL character, and
    /// the report would be lost because of a minor error of the client. Here it is accepted and later removed like other control characters.
    /// </summary>
    private static async ValueTask<(FormFields? Form, Open311Response? Refusal)> ReadShortAsync(HttpRequest request, CancellationToken ct)
    {
        var reader = request.BodyReader;
        var read = await reader.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(ct);
        }

        var form = Fields(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray(), out var problem);
        reader.AdvanceTo(read.Buffer.End);
        return problem is null ? (form, null) : (null, Open311Response.Error(StatusCodes.Status400BadRequest, problem, ErrorCodes.BodyWrong));
    }

    private static FormFields Fields(ReadOnlySpan<byte> body, out string? problem)
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
            var name = WireText.Clean(Decoded(equals < 0 ? field : field[..equals]));
            if (name.Length > Limits.KeyLengthLimit)
            {
                problem = TooLong;
                break;
            }

            ref var values = ref CollectionsMarshal.GetValueRefOrAddDefault(fields, name, out _);
            values = StringValues.Concat(values, equals < 0 ? "" : Decoded(field[(equals + 1)..]));
        }

        return new FormFields(fields);
    }

    /// <summary>Whether the content type is a form in UTF-8, explicitly or by default. The framework reads other encodings.</summary>
    private static bool IsPlain(string? type) => type == UrlEncoded
        || (MediaTypeHeaderValue.TryParse(type, out var media) && media.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase)
            && media.Charset.Value?.ToLowerInvariant() is null or "" or "utf-8" or "us-ascii");

    /// <summary>Decodes a name or a value. An invalid escape sequence is kept unchanged.</summary>
    private static string Decoded(ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAny((byte)'%', (byte)'+') < 0)
            return Encoding.UTF8.GetString(text);

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

        var decoded = Encoding.UTF8.GetString(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return decoded;
    }

    private static bool HasLongValue(IFormCollection form)
    {
        foreach (var (_, values) in form)
            foreach (var value in values)
                if (value?.Length > MaxValueLength)
                    return true;
        return false;
    }

    private static string Describe(InvalidDataException e) => e.Message switch
    {
        var m when m.Contains("count limit", StringComparison.OrdinalIgnoreCase) => TooMany,
        var m when m.Contains("length limit", StringComparison.OrdinalIgnoreCase) => TooLong,
        var m when m.Contains("characters", StringComparison.OrdinalIgnoreCase) => "A field contains a NUL character.",
        _ => "The request body is not a valid form.",
    };
}
