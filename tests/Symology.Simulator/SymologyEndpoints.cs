using System.Globalization;
using System.Text;

namespace Symology.Simulator;

/// <summary>Serves the web service over HTTP, with pages for trying it out.</summary>
public static class SymologyEndpoints
{
    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>Maps the endpoints of the service.</summary>
    /// <param name="routes">The route builder.</param>
    /// <param name="service">The service.</param>
    /// <returns>The exports of the service.</returns>
    public static SymologyExports MapSymology(this IEndpointRouteBuilder routes, SymologyService service)
    {
        var exports = new SymologyExports();
        routes.MapPost("/symology", http => SoapAsync(http, service));
        routes.MapGet("/cases", () => Results.Text(string.Concat(service.Cases.Select(Describe)), "text/plain", Encoding.UTF8));
        routes.MapGet(
            "/exports/{name}.csv",
            (string name) => SymologyExports.Names.Contains(name) ? Results.Text(exports.File(name), "text/csv", Encoding.UTF8) : Results.NotFound());
        // Simulates an officer's work: curl -X POST 'http://127.0.0.1:5312/cases/560250/history?eventType=CR'
        routes.MapPost("/cases/{number:int}/history", (int number, string? export, string? stage, string? actionDue, string? eventType, string? maintStage) =>
        {
            if (service.Cases.All(c => c.Number != number))
                return Results.NotFound();
            exports.Add(export ?? "highways", number, TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), London).DateTime, new Dictionary<string, string>
            {
                ["Stage"] = stage ?? "",
                ["Action Due"] = actionDue ?? "",
                ["Event Type"] = eventType ?? "",
                ["Maint. Stage"] = maintStage ?? "",
            });
            return Results.Text("recorded\n");
        });
        return exports;
    }

    private static async Task SoapAsync(HttpContext http, SymologyService service)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if (service.Answer(http.Request.ContentType, http.Request.Headers["SOAPAction"], body.ToArray()) is not var (status, type, content))
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = (int)status;
        http.Response.ContentType = type;
        await http.Response.WriteAsync(content, http.RequestAborted);
    }

    private static string Describe(SymologyCase found)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{found.Number}");
        foreach (var (name, value) in found.Request.OrderBy(f => f.Key, StringComparer.Ordinal).Where(f => f.Value.Length > 0))
            text.AppendLine(CultureInfo.InvariantCulture, $"    {name,-16} {value.ReplaceLineEndings("\n                     ")}");
        foreach (var (line, type, value) in found.AdditionalFields)
            text.AppendLine(CultureInfo.InvariantCulture, $"    field {line,-10} ({type}) {value}");
        foreach (var update in found.Events)
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"    event            {string.Join(", ", update.Where(f => f.Value.Length > 0).Select(f => $"{f.Key}={f.Value}"))}");
        return text.ToString();
    }
}
