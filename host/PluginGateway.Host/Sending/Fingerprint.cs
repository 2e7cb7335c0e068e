using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Sending;

/// <summary>
/// What makes two contents of a report the same: service, description, place to 5 decimals, the answers people gave, and the attributes
/// the adapter counts as identity. Key, contact, pictures, automated attributes and those that nobody asked for are left out: clients
/// recompute those.
/// </summary>
internal static class Fingerprint
{
    public static byte[] Of(string serviceCode, ServiceRequest request, IReadOnlyList<string> identity)
    {
        var text = new StringBuilder();
        Add(text, serviceCode);
        Add(text, request.Description);
        Add(text, Place(request.Location.Latitude));
        Add(text, Place(request.Location.Longitude));
        Add(text, request.Location.Address ?? "");
        Add(text, request.Location.AddressId ?? "");
        foreach (var answer in request.Answers.Where(a => Counts(request.Service, a.Code, identity)).OrderBy(a => a.Code, StringComparer.Ordinal))
        {
            Add(text, answer.Code);
            foreach (var value in answer.Values.Order(StringComparer.Ordinal))
                Add(text, value);
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static bool Counts(Service service, string code, IReadOnlyList<string> identity)
    {
        foreach (var attribute in service.Attributes)
            if (attribute is { Automated: AttributeAutomation.None, Variable: true } && attribute.Code == code)
                return true;
        return identity.Contains(code, StringComparer.Ordinal);
    }

    /// <summary>In steps of a hundred-thousandth of a degree: a metre.</summary>
    private static string Place(double? degrees) => degrees is { } d ? ((long)Math.Round(d * 100_000)).ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>With its length before it, so that no two lists of texts run together to the same.</summary>
    private static void Add(StringBuilder text, string part) => text.Append(part.Length).Append(':').Append(part);
}
