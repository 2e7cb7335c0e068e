using PluginGateway.Contracts;

namespace PluginGateway.Testing;

/// <summary>Default values for tests.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public static Service Service(string code = "POTHOLE", params ServiceAttribute[] attributes) =>
        new() { Code = code, Name = $"The {code}", Attributes = attributes };

    public static ServiceRequest Request(Service? service = null) => new()
    {
        Id = "PG0000000000001",
        Service = service ?? Service(),
        Description = "A hole in the road",
        Location = new ReportLocation { Latitude = 51.5, Longitude = -0.1 },
        ReceivedAt = Time,
    };

    /// <summary>
    /// Returns a council that sends mails, with the services <c>POTHOLE</c> (one required list, one text), <c>BIN</c> and <c>A/B c.d</c>.
    /// </summary>
    public static string EmailCouncil(string id, string more = "") => $$"""
        {
          "jurisdictionId": "{{id}}", "name": "Council of {{id}}", {{more}}
          "backends": { "email": { "adapter": "email", "settings": { "to": "highways@{{id}}.example" } } },
          "services": [
            { "code": "POTHOLE", "name": "Pothole", "group": "Roads", "questions": [
              { "code": "SIZE", "description": "How big?", "type": "singleValueList", "required": true,
                "values": [ { "key": "s", "name": "Small" }, { "key": "l", "name": "Large" }, { "key": "x", "name": "Hurt", "disableMessage": "Please call 999." } ] },
              { "code": "WHERE", "description": "Where?", "type": "text" } ] },
            { "code": "BIN", "name": "Missed bin", "group": "Waste" },
            { "code": "A/B c.d", "name": "Odd code" }
          ]
        }
        """;

    /// <summary>Returns a council with an Open311 back end in direct mode.</summary>
    public static string Open311Council(string id, string endpoint, string more = "", string backEndMore = "") => $$"""
        {
          "jurisdictionId": "{{id}}", "name": "Council of {{id}}", "mode": "direct", {{more}}
          "backends": { "open311": { "adapter": "open311", {{backEndMore}} "settings": { "endpoint": "{{endpoint}}", "apiKey": "k" } } }
        }
        """;

    public static (string, string)[] Report(
        string service = "BIN", string? reference = null, string description = "A hole in the road", params (string, string)[] more)
    {
        var fields = new List<(string, string)> { ("service_code", service), ("lat", "51.5"), ("long", "-0.1"), ("description", description) };
        if (reference is not null)
            fields.Add(("attribute[fixmystreet_id]", reference));
        return [.. fields, .. more];
    }
}
