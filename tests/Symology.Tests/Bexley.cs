using System.Text.Json;
using System.Text.Json.Nodes;
using PluginGateway.Contracts;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>The settings of the Bexley council file in the form that the adapter receives.</summary>
internal static class Bexley
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static string Text { get; } = File.ReadAllText(Path.Combine(Built.Root, "host", "PluginGateway.Host", "council-files", "bexley", "bexley.json"));

    /// <summary>Returns the settings after an edit.</summary>
    public static JsonObject Settings(Action<JsonObject>? edit = null)
    {
        var settings = JsonNode.Parse(Text, documentOptions: Lenient)!["backends"]!["symology"]!["settings"]!.AsObject();
        settings["endpointPassword"] = "secret";
        edit?.Invoke(settings);
        return settings;
    }

    /// <summary>Removes the credentials, so that the operations without <c>Authenticated</c> are called.</summary>
    public static void Open(JsonObject settings)
    {
        settings.Remove("endpointUsername");
        settings.Remove("endpointPassword");
    }

    public static ICouncilAdapter Adapter(JsonObject settings, TimeProvider time, HttpMessageHandler? http = null) => new SymologyPlugin().Create(
        Context.With(settings.ToJsonString(), new HttpClient(http ?? new HttpClientHandler()) { Timeout = Timeout.InfiniteTimeSpan }, time)
            with
        { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/London") });

    public static Service Service(ICouncilAdapter adapter, string code) =>
        ((IServiceCatalogue)adapter).GetServicesAsync(default).GetAwaiter().GetResult().Single(s => s.Code == code);

    /// <summary>Returns the errors of edited settings.</summary>
    public static IReadOnlyList<SettingsError> Errors(Action<JsonObject> edit) =>
        Assert.Throws<AdapterException>(() => Adapter(Settings(edit), TimeProvider.System)).Errors;
}
