using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>
/// What makes two contents of a report the same: service, description, place to 5 decimals, the answers people gave, and the attributes
/// the adapter counts as identity. Key, contact, pictures, automated attributes and those that nobody asked for are left out: clients
/// recompute those.
/// </summary>
internal static class Fingerprint
{
    public static byte[] Of(string serviceCode, ServiceRequest request, IReadOnlyList<string> identity)
    {
        var text = new ArrayBufferWriter<byte>(512);
        Add(text, serviceCode);
        Add(text, request.Description);
        AddPlace(text, request.Location.Latitude);
        AddPlace(text, request.Location.Longitude);
        Add(text, request.Location.Address ?? "");
        Add(text, request.Location.AddressId ?? "");
        foreach (var answer in Sorted(request.Answers, static a => a.Code))
        {
            if (!Counts(request.Service, answer.Code, identity))
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

    private static bool Counts(Service service, string code, IReadOnlyList<string> identity)
    {
        foreach (var attribute in service.Attributes)
            if (attribute is { Automated: AttributeAutomation.None, Variable: true } && attribute.Code == code)
                return true;
        return identity.Contains(code, StringComparer.Ordinal);
    }

    /// <summary>In steps of a hundred-thousandth of a degree: a metre.</summary>
    private static void AddPlace(ArrayBufferWriter<byte> text, double? degrees)
    {
        Span<char> digits = stackalloc char[24];
        var length = 0;
        if (degrees is { } d)
            ((long)Math.Round(d * 100_000)).TryFormat(digits, out length, provider: CultureInfo.InvariantCulture);
        Add(text, digits[..length]);
    }

    /// <summary>With its length before it, so that no two lists of texts run together to the same.</summary>
    private static void Add(ArrayBufferWriter<byte> text, ReadOnlySpan<char> part)
    {
        BinaryPrimitives.WriteInt32LittleEndian(text.GetSpan(sizeof(int)), part.Length);
        text.Advance(sizeof(int));
        Encoding.UTF8.GetBytes(part, text);
    }
}
