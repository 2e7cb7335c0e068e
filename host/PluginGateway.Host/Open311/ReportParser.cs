using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Creates a report from the arguments of a POST and finds every error in them. It stores nothing.</summary>
internal static class ReportParser
{
    private const int MaxDescriptionLength = 64 << 10;
    private const int MaxStrictDescriptionLength = 4_000;

    /// <summary>The <c>address_id</c> that FixMyStreet sends when the reporter did not set the pin.</summary>
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
        var maxLength = strict ? MaxStrictDescriptionLength : MaxDescriptionLength;
        // Text elements are counted only when the description could be too long.
        if (request.Description.Length > maxLength && new StringInfo(request.Description).LengthInTextElements > maxLength)
            arguments.Problem(string.Create(CultureInfo.InvariantCulture, $"description is longer than {maxLength} characters."));
        return request with { Answers = AnswerValidator.ConvertAndCheck(service, request.Answers, strict, arguments) };
    }

    /// <summary>Reads the reporter without validation: a report is not refused because of a mistyped e-mail address.</summary>
    public static Reporter Person(Parameters arguments) => new()
    {
        FirstName = NameOrNull(arguments.Line("first_name")),
        LastName = NameOrNull(arguments.Line("last_name")),
        Email = arguments.Line("email"),
        Phone = arguments.Line("phone"),
        AccountId = arguments.Line("account_id"),
        DeviceId = arguments.Line("device_id") ?? arguments.Line("deviceid"),
    };

    /// <summary>Reads the URLs of pictures. URLs that are neither http nor https are ignored.</summary>
    public static IReadOnlyList<Uri> MediaUrls(Parameters arguments) => arguments.Many("media_url") is not { Count: > 0 } given ? [] :
    [
        .. given
            .Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? new Uri(u) : null)
            .OfType<Uri>()
            .Distinct()
            .Take(20),
    ];

    /// <summary>Returns the uploaded files, and those that are sent within a <c>media_url</c>.</summary>
    public static IFormFileCollection? Files(Parameters arguments)
    {
        var sent = arguments.Many("media_url").Where(DataUrl.IsDataUrl).ToList();
        if (sent.Count == 0)
            return arguments.Files;

        var files = new FormFileCollection();
        if (arguments.Files is { } uploaded)
            files.AddRange(uploaded);
        foreach (var url in sent)
            if (DataUrl.Read(url) is { } content)
                files.Add(new FormFile(new MemoryStream(content, writable: false), 0, content.Length, "media_url", ""));
            else
                arguments.Problem("A data URL in media_url cannot be read.");
        return files;
    }

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
            arguments.Problem("Provide lat and long, address_string or address_id.", ErrorCodes.LocationWrong);
        if (council.Bounds is { } b && location is { Latitude: { } lat, Longitude: { } lon }
            && (lat < b.South || lat > b.North || lon < b.West || lon > b.East))
            arguments.Problem($"The location is outside the area of {council.Name}.", ErrorCodes.LocationWrong);
        return location;
    }

    private static double? Degrees(Parameters arguments, string name, string? text, double max)
    {
        if (text is null)
            return null;
        if (double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var degrees)
            && Math.Abs(degrees) <= max)
            return degrees;

        arguments.Problem(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from -{max} to {max}."), ErrorCodes.LocationWrong);
        return null;
    }

    /// <summary>Returns null for <c>-</c>, which FixMyStreet sends for an unknown name.</summary>
    private static string? NameOrNull(string? name) => name == "-" ? null : name;
}
