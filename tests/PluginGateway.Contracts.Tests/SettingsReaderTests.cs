using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginGateway.Contracts.Tests;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Read_valid_settings_keeps_defaults_of_missing_members()
    {
        var (settings, errors) = Read("""{ "endpoint": "https://a", "login": { "user": "u" } }""");

        Assert.Empty(errors);
        Assert.Equal(("https://a", "u", 3, Colour.Red), (settings!.Endpoint, settings.Login.User, settings.Tries, settings.Colour));
    }

    [Fact]
    public void Read_reports_every_error_with_its_path()
    {
        var (settings, errors) = Read(
            """{ "Endpoint": 5, "login": { "password": "p" }, "tries": "many", "colour": "pink", "codes": [ "a", 7 ], "teams": { "x": 1 } }""");

        Assert.Null(settings);
        Assert.Equal(
            [
                """$.Endpoint: is not known; did you mean "endpoint"?""",
                "$.codes[1]: must be a string, not a number",
                """$.colour: must be one of "red", "darkBlue" """.TrimEnd(),
                "$.endpoint: is missing",
                "$.login.password: is not known; known here: user",
                "$.login.user: is missing",
                "$.teams.x: must be a string, not a number",
                "$.tries: must be a whole number, not a string",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[]", "$: must be an object, not a list")]
    [InlineData("""{ "endpoint": "a", "login": 7 }""", "$.login: must be an object, not a number")]
    [InlineData("""{ "endpoint": "a", "endpoint": "b", "login": { "user": "u" } }""", "$.endpoint: is given twice")]
    [InlineData("""{ "endpoint": null, "login": { "user": "u" } }""", "$.endpoint: must be a string, not null")]
    [InlineData("""{ "endpoint": "a", "login": { "user": "u" }, "codes": null }""", "$.codes: must be a list, not null")]
    [InlineData("""{ "endpoint": "a", "login": { "user": "u" }, "codes": [ null ] }""", "$.codes[0]: must be a string, not null")]
    [InlineData("""{ "endpoint": "a", "login": { "user": "u" }, "tries": null }""", "$.tries: must be a whole number, not null")]
    [InlineData("""{ "endpoint": "a", "login": { "user": "u" }, "tries": 1.5 }""", "$.tries: must be a whole number, not a number")]
    public void Read_reports_values_of_the_wrong_type(string json, string expected) => Assert.Equal([expected], Read(json).Errors);

    [Fact]
    public void Read_accepts_null_for_nullable_members() =>
        Assert.Null(Read("""{ "endpoint": "a", "login": { "user": "u" }, "note": null }""").Settings!.Note);

    [Fact]
    public void Create_with_invalid_settings_throws_with_all_errors()
    {
        var exception = Assert.Throws<AdapterException>(
            () => new Plugin().Create(PluginGateway.Testing.Context.With("""{ "endpoint": "nowhere", "login": { "user": "" } }""")));

        Assert.Equal(FailureKind.Misconfigured, exception.Kind);
        Assert.Equal(["$.endpoint: must be https", "$.login.user: must not be empty"], exception.Errors.Select(m => m.ToString()));
    }

    [Fact]
    public void Create_with_valid_settings_returns_the_adapter() =>
        Assert.IsType<Adapter>(new Plugin().Create(PluginGateway.Testing.Context.With("""{ "endpoint": "https://a", "login": { "user": "u" } }""")));

    private static (TestSettings? Settings, IReadOnlyList<string> Errors) Read(string json)
    {
        var errors = new List<SettingsError>();
        var settings = SettingsReader.Read(
            JsonElement.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = true }), TestJson.Default.TestSettings, errors);
        return (settings, [.. errors.Select(m => m.ToString())]);
    }

    private sealed class Plugin : AdapterPlugin<TestSettings>
    {
        protected override System.Text.Json.Serialization.Metadata.JsonTypeInfo<TestSettings> SettingsType => TestJson.Default.TestSettings;

        public override AdapterDescriptor Describe() => new() { Title = "Test" };

        protected override IEnumerable<SettingsError> Validate(TestSettings settings)
        {
            if (!settings.Endpoint.StartsWith("https:", StringComparison.Ordinal))
                yield return new SettingsError { Path = "$.endpoint", Message = "must be https" };
            if (settings.Login.User.Length == 0)
                yield return new SettingsError { Path = "$.login.user", Message = "must not be empty" };
        }

        protected override ICouncilAdapter Create(TestSettings settings, AdapterContext context) => new Adapter();
    }

    private sealed class Adapter : ICouncilAdapter;
}

internal sealed class TestSettings
{
    public required string Endpoint { get; init; }

    public required LoginSettings Login { get; init; }

    public int Tries { get; set; } = 3;

    public Colour Colour { get; set; }

    public string? Note { get; set; }

    public IReadOnlyList<string> Codes { get; set; } = [];

    public IReadOnlyDictionary<string, string> Teams { get; set; } = new Dictionary<string, string>();
}

internal sealed class LoginSettings
{
    public required string User { get; init; }
}

internal enum Colour
{
    Red,
    DarkBlue,
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TestSettings))]
internal sealed partial class TestJson : JsonSerializerContext;
