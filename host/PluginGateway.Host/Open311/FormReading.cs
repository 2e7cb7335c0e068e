using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace PluginGateway.Host.Open311;

/// <summary>Reads the body of a POST, within limits, and says what is wrong with it in words.</summary>
internal static class FormReading
{
    /// <summary>FixMyStreet sends up to a handful of pictures; a body beyond this is refused while it is read.</summary>
    public const long MostBytes = 60L << 20;

    private const string TooLong = "A field's name or value is too long; a value may have 64 KB.";
    private const int LongestValue = 64 << 10;

    private static readonly FormOptions Limits = new()
    {
        ValueCountLimit = 1_024,
        KeyLengthLimit = 2_048,
        // Counted before decoding, where a character may take nine.
        ValueLengthLimit = 9 * LongestValue,
        MultipartBodyLengthLimit = MostBytes,
        MultipartHeadersCountLimit = 16,
        MultipartHeadersLengthLimit = 8 << 10,
        MultipartBoundaryLengthLimit = 128,
        MemoryBufferThreshold = 64 << 10,
    };

    public static async Task<(IFormCollection? Form, Answer? Refusal)> ReadAsync(HttpContext http)
    {
        var type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type) && http.Request.ContentLength is null or 0)
            return (FormCollection.Empty, null);

        var feature = new FormFeature(http.Request, Limits);
        if (!feature.HasFormContentType)
            return (null, Answer.Error(
                StatusCodes.Status415UnsupportedMediaType,
                "Send the report as application/x-www-form-urlencoded or multipart/form-data; other content types are not read."));

        // Kept as the request's own, which removes the temporary files of uploads when the request ends.
        http.Features.Set<IFormFeature>(feature);
        try
        {
            if (http.Request.ContentLength <= LongestValue && type?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == false)
                await RemoveNulsAsync(http.Request, http.RequestAborted);
            var form = await feature.ReadFormAsync(http.RequestAborted);
            return HasLongValue(form)
                ? (null, Answer.Error(StatusCodes.Status400BadRequest, TooLong, ErrorCodes.BodyWrong))
                : (form, null);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Answer.Error(StatusCodes.Status413PayloadTooLarge, $"The request is larger than {MostBytes >> 20} MB.")
                : Answer.Error(e.StatusCode, "The request's body could not be read."));
        }
        catch (InvalidDataException e)
        {
            return (null, Answer.Error(StatusCodes.Status400BadRequest, Words(e), ErrorCodes.BodyWrong));
        }
        catch (IOException)
        {
            return (null, Answer.Error(StatusCodes.Status400BadRequest, "The request's body ended too early.", ErrorCodes.BodyWrong));
        }
    }

    /// <summary>
    /// The framework refuses a form with a NUL in it, and the report would be lost for a slip of a client: it goes, as other control
    /// characters do. Only in forms that fit the server's buffer; in a longer one it is refused.
    /// </summary>
    private static async Task RemoveNulsAsync(HttpRequest request, CancellationToken ct)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(ct);
            if (!read.IsCompleted)
            {
                // Nothing is taken out: the framework reads the same again.
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            if (!HasNul(read.Buffer))
            {
                reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            var clean = Encoding.Latin1.GetString(read.Buffer).Replace("%00", "", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
            reader.AdvanceTo(read.Buffer.End);
            request.Body = new MemoryStream(Encoding.Latin1.GetBytes(clean));
            return;
        }
    }

    private static bool HasNul(ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment)
            return body.FirstSpan.Contains((byte)0) || body.FirstSpan.IndexOf("%00"u8) >= 0;
        return Encoding.Latin1.GetString(body) is var text && (text.Contains('\0') || text.Contains("%00", StringComparison.Ordinal));
    }

    private static bool HasLongValue(IFormCollection form)
    {
        foreach (var (_, values) in form)
            foreach (var value in values)
                if (value?.Length > LongestValue)
                    return true;
        return false;
    }

    private static string Words(InvalidDataException e) => e.Message switch
    {
        var m when m.Contains("count limit", StringComparison.OrdinalIgnoreCase) => $"The request has more than {Limits.ValueCountLimit} fields.",
        var m when m.Contains("length limit", StringComparison.OrdinalIgnoreCase) => TooLong,
        var m when m.Contains("characters", StringComparison.OrdinalIgnoreCase) => "A field holds a NUL character.",
        _ => "The request's body is not a well-formed form.",
    };
}
