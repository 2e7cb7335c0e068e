using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Makes a report of a POST's arguments and finds everything that is wrong with it. Stores nothing.</summary>
internal static class ReportParser
{
    private const int MaxDescriptionLength = 64 << 10;
    private const int MaxStrictDescriptionLength = 4_000;

    /// <summary>What FixMyStreet sends when the reporter did not set the pin.</summary>
    private const string NotPinpointed = "#NOTPINPOINTED#";

    public static ServiceRequest Read(Parameters arguments, Council council, Service service, bool strict, DateTimeOffset now)
    {
        var request = new ServiceRequest
        {
            Id = "",
            Service = service,
            Description = arguments.One("description") ?? "",
            Location = Location(arguments, council),
            Reporter = Person(arguments),
            Answers = arguments.Attributes(),
            MediaUrls = MediaUrls(arguments),
            ReceivedAt = now,
        };
        var longest = strict ? MaxStrictDescriptionLength : MaxDescriptionLength;
        // Counting characters is only needed where their number could matter.
        if (request.Description.Length > longest && new StringInfo(request.Description).LengthInTextElements > longest)
            arguments.Problem(string.Create(CultureInfo.InvariantCulture, $"description is longer than {longest} characters."));
        AnswerValidator.Run(service, request.Answers, arguments);
        return request;
    }

    /// <summary>The person, as given: a report is not lost for a mistyped address.</summary>
    public static Reporter Person(Parameters arguments) => new()
    {
        FirstName = Known(arguments.Line("first_name")),
        LastName = Known(arguments.Line("last_name")),
        Email = arguments.Line("email"),
        Phone = arguments.Line("phone"),
        AccountId = arguments.Line("account_id"),
        DeviceId = arguments.Line("device_id") ?? arguments.Line("deviceid"),
    };

    /// <summary>Only http and https: what else there is, is not a picture's address.</summary>
    public static IReadOnlyList<Uri> MediaUrls(Parameters arguments) => arguments.Many("media_url") is not { Count: > 0 } given ? [] :
    [
        .. given
            .Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? new Uri(u) : null)
            .OfType<Uri>()
            .Distinct()
            .Take(20),
    ];

    private static ReportLocation Location(Parameters arguments, Council council)
    {
        var (latText, longText) = (arguments.Line("lat"), arguments.Line("long"));
        var addressId = arguments.Line("address_id");
        var location = new ReportLocation
        {
            Latitude = Degrees(arguments, "lat", latText, 90),
            Longitude = Degrees(arguments, "long", longText, 180),
            Address = arguments.Line("address_string"),
            AddressId = addressId == NotPinpointed ? null : addressId,
        };

        var hasPoint = latText is not null && longText is not null;
        if ((latText is null) != (longText is null) || (!hasPoint && location.Address is null && addressId is null))
            arguments.Problem("Give both lat and long, or address_string, or address_id.", ErrorCodes.LocationWrong);
        if (council.Bounds is { } b && location is { Latitude: { } lat, Longitude: { } lon }
            && (lat < b.South || lat > b.North || lon < b.West || lon > b.East))
            arguments.Problem($"The place is not in the area of {council.Name}.", ErrorCodes.LocationWrong);
        return location;
    }

    private static double? Degrees(Parameters arguments, string name, string? text, double most)
    {
        if (text is null)
            return null;
        if (double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var degrees)
            && Math.Abs(degrees) <= most)
            return degrees;

        arguments.Problem(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from -{most} to {most}."), ErrorCodes.LocationWrong);
        return null;
    }

    /// <summary>FixMyStreet writes <c>-</c> for a name that it does not have.</summary>
    private static string? Known(string? name) => name == "-" ? null : name;
}
