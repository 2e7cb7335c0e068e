using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>
/// Computes a hash that identifies the content of a report: service, description, location to 5 decimal places, the answers to the
/// service's questions, and the attributes that the adapter counts as identity. The reference, the reporter, pictures, automated attributes
/// and attributes that the service does not ask for are excluded: they can differ when a client sends the same report again.
/// </summary>
internal static class Fingerprint
{
    public static byte[] Of(string serviceCode, ServiceRequest request, IReadOnlyList<string> identity)
    {
        var text = new ArrayBufferWriter<byte>(512);
        Add(text, serviceCode);
        Add(text, request.Description);
        AddCoordinate(text, request.Location.Latitude);
        AddCoordinate(text, request.Location.Longitude);
        Add(text, request.Location.Address ?? "");
        Add(text, request.Location.AddressId ?? "");
        foreach (var answer in Sorted(request.Answers, static a => a.Code))
        {
            if (!IsIncluded(request.Service, answer.Code, identity))
                continue;
            Add(text, answer.Code);
            foreach (var value in Sorted(answer.Values, static v => v))
                Add(text, value);
        }

        return SHA256.HashData(text.WrittenSpan);
    }

    private static IReadOnlyList<T> Sorted<T>(IReadOnlyList<T> items, Func<T, string> by)
    {
        if (items.Count < 2)
            return items;

        List<T> sorted = [.. items];
        sorted.Sort((x, y) => string.CompareOrdinal(by(x), by(y)));
        return sorted;
    }

    private static bool IsIncluded(Service service, string code, IReadOnlyList<string> identity)
    {
        foreach (var attribute in service.Attributes)
            if (attribute is { Automated: AttributeAutomation.None, Variable: true } && attribute.Code == code)
                return true;
        return identity.Contains(code, StringComparer.Ordinal);
    }

    /// <summary>Adds a coordinate in steps of 0.00001 degrees, which is about one metre.</summary>
    private static void AddCoordinate(ArrayBufferWriter<byte> text, double? degrees)
    {
        Span<char> digits = stackalloc char[24];
        var length = 0;
        if (degrees is { } d)
            ((long)Math.Round(d * 100_000)).TryFormat(digits, out length, provider: CultureInfo.InvariantCulture);
        Add(text, digits[..length]);
    }

    /// <summary>Adds a text with its length before it, so that different lists of texts never produce the same bytes.</summary>
    private static void Add(ArrayBufferWriter<byte> text, ReadOnlySpan<char> part)
    {
        BinaryPrimitives.WriteInt32LittleEndian(text.GetSpan(sizeof(int)), part.Length);
        text.Advance(sizeof(int));
        Encoding.UTF8.GetBytes(part, text);
    }
}
