using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace PluginGateway.Host.Open311;

/// <summary>Reads the body of a POST, within limits, and says what is wrong with it in words.</summary>
internal static class FormParser
{
    /// <summary>FixMyStreet sends up to a handful of pictures; a body beyond this is refused while it is read.</summary>
    public const long MaxBytes = 60L << 20;

    private const string TooLong = "A field's name or value is too long; a value may have 64 KB.";
    private const int MaxValueLength = 64 << 10;
    private const string UrlEncoded = "application/x-www-form-urlencoded";

    private const string TooMany = "The request has more than 1024 fields.";

    private static readonly FormOptions Limits = new()
    {
        ValueCountLimit = 1_024,
        KeyLengthLimit = 2_048,
        // Counted before decoding, where a character may take nine.
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
                    "Send the report as application/x-www-form-urlencoded or multipart/form-data; other content types are not read."));

            // Kept as the request's own, which removes the temporary files of uploads when the request ends.
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
                : Open311Response.Error(e.StatusCode, "The request's body could not be read."));
        }
        catch (InvalidDataException e)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, Words(e), ErrorCodes.BodyWrong));
        }
        catch (IOException)
        {
            return (null, Open311Response.Error(StatusCodes.Status400BadRequest, "The request's body ended too early.", ErrorCodes.BodyWrong));
        }
    }

    /// <summary>
    /// A form that fits the server's buffer, as nearly all are. The framework's own reader refuses one with a NUL in it, and the report would
    /// be lost for a slip of a client; here it stays, until it goes as other control characters do.
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

        var form = Fields(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray(), out var wrong);
        reader.AdvanceTo(read.Buffer.End);
        return wrong is null ? (form, null) : (null, Open311Response.Error(StatusCodes.Status400BadRequest, wrong, ErrorCodes.BodyWrong));
    }

    private static FormFields Fields(ReadOnlySpan<byte> body, out string? wrong)
    {
        wrong = null;
        var fields = new Dictionary<string, StringValues>(Math.Min(body.Count((byte)'&') + 1, Limits.ValueCountLimit), StringComparer.OrdinalIgnoreCase);
        var count = 0;
        foreach (var range in body.Split((byte)'&'))
        {
            var field = body[range];
            if (field.IsEmpty)
                continue;
            if (++count > Limits.ValueCountLimit)
            {
                wrong = TooMany;
                break;
            }

            var equals = field.IndexOf((byte)'=');
            var name = WireText.Clean(Decoded(equals < 0 ? field : field[..equals]));
            if (name.Length > Limits.KeyLengthLimit)
            {
                wrong = TooLong;
                break;
            }

            ref var values = ref CollectionsMarshal.GetValueRefOrAddDefault(fields, name, out _);
            values = StringValues.Concat(values, equals < 0 ? "" : Decoded(field[(equals + 1)..]));
        }

        return new FormFields(fields);
    }

    /// <summary>UTF-8, said or not; what is said otherwise, the framework reads.</summary>
    private static bool IsPlain(string? type) => type == UrlEncoded
        || (MediaTypeHeaderValue.TryParse(type, out var media) && media.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase)
            && media.Charset.Value?.ToLowerInvariant() is null or "" or "utf-8" or "us-ascii");

    /// <summary>A name or value as it was meant. What only looks like an escape stays as it is.</summary>
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

    private static string Words(InvalidDataException e) => e.Message switch
    {
        var m when m.Contains("count limit", StringComparison.OrdinalIgnoreCase) => TooMany,
        var m when m.Contains("length limit", StringComparison.OrdinalIgnoreCase) => TooLong,
        var m when m.Contains("characters", StringComparison.OrdinalIgnoreCase) => "A field holds a NUL character.",
        _ => "The request's body is not a well-formed form.",
    };
}
