using System.Net;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the options of clients: nulls, exact error codes and extensions; and the search in a rectangle.</summary>
public sealed class ProfileTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        await _gateway.Services.GetKeys().AddAsync("nulls", "nulls", [], ApiKeys.Reports, ClientProfile.Nulls, null, default);
        await _gateway.Services.GetKeys().AddAsync("codes", "codes", [], ApiKeys.Reports, ClientProfile.Codes, null, default);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("services.json", "keywords")]
    [InlineData("services/BIN.json", "attributes")]
    [InlineData("requests.json", "zipcode")]
    public async Task Unknown_values_are_omitted_or_null_depending_on_the_profile(string resource, string name)
    {
        await _gateway.PostAsync("one", Some.Report());

        var standard = (await _gateway.GetAsync($"{resource}?jurisdiction_id=one&api_key={GatewayApp.Key}")).Body;
        var nulls = (await _gateway.GetAsync($"{resource}?jurisdiction_id=one&api_key=nulls")).Body;

        Assert.DoesNotContain("null", standard, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\":", nulls, StringComparison.Ordinal);
        if (name != "attributes")
            Assert.Contains($"\"{name}\":null", nulls, StringComparison.Ordinal);
        // The XML is the same for both: an empty element.
        var xml = resource.Replace(".json", ".xml", StringComparison.Ordinal);
        Assert.Equal((await _gateway.GetAsync($"{xml}?jurisdiction_id=one")).Body, (await _gateway.GetAsync($"{xml}?jurisdiction_id=one&api_key=nulls")).Body);
    }

    [Fact]
    public async Task Error_codes_are_the_status_or_exact_depending_on_the_profile()
    {
        Assert.Equal("400", await Code(GatewayApp.Key, "BIN", ("lat", "51.5")));
        Assert.Equal("40013", await Code("codes", "BIN", ("lat", "51.5")));
        Assert.Equal("40010", await Code("codes", ""));
        Assert.Equal("40403", await Code("codes", "zz"));
        Assert.Equal("40011", await Code("codes", "POTHOLE", ("lat", "51.5"), ("long", "-0.1")));
        Assert.Equal("40012", await Code("codes", "POTHOLE", ("lat", "51.5"), ("long", "-0.1"), ("attribute[SIZE]", "giant")));
        var missing = await _gateway.GetAsync("requests/zz.json?jurisdiction_id=one&api_key=codes");
        Assert.Equal((HttpStatusCode.NotFound, 40404), (missing.Status, missing.Json[0].GetProperty("code").GetInt32()));
        // Without a valid key, no profile applies.
        Assert.Equal("403", await Code("wrong", "BIN"));

        async Task<string> Code(string key, string service, params (string, string)[] more) =>
            (await _gateway.PostAsync("one", [("api_key", key), ("service_code", service), .. more])).Xml.Descendants("code").First().Value;
    }

    [Fact]
    public async Task Extensions_add_status_and_notes_and_with_a_key_the_answers()
    {
        var id = (await _gateway.PostAsync("one", Some.Report("POTHOLE", more: ("attribute[SIZE]", "l")))).Id;
        // Sending changes the report without creating an update.
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 1, "the report is sent");

        var plain = (await _gateway.GetAsync($"requests/{id}.json?jurisdiction_id=one")).Body;
        var open = (await _gateway.GetAsync($"requests/{id}.json?jurisdiction_id=one&extensions=true")).Json[0];
        var keyed = (await _gateway.GetAsync($"requests/{id}.json?jurisdiction_id=one&extensions=true&api_key={GatewayApp.Key}")).Json[0];
        var xml = (await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=one&extensions=true")).Xml;

        Assert.DoesNotContain("extended_attributes", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("notes", plain, StringComparison.Ordinal);
        Assert.Equal("open", open.GetProperty("extended_attributes").GetProperty("detailed_status").GetString());
        Assert.Equal("opened", open.GetProperty("notes").EnumerateArray().Single().GetProperty("type").GetString());
        Assert.False(open.TryGetProperty("attributes", out _));
        var answer = keyed.GetProperty("attributes").EnumerateArray().Single();
        Assert.Equal(("SIZE", "l"), (answer.GetProperty("code").GetString(), answer.GetProperty("value").GetString()));
        Assert.Equal("Reported", xml.Descendants("note").Single().Element("summary")!.Value);
    }

    [Fact]
    public async Task Reports_are_found_in_a_rectangle()
    {
        var id = (await _gateway.PostAsync("one", Some.Report())).Id;

        Assert.Equal([id], await Ids("-0.2,51.4,-0.1,51.6"));
        Assert.Empty(await Ids("-0.2,51.6,-0.1,51.7"));
        foreach (var wrong in new[] { "1,2,3", "a,b,c,d", "1,2,0,3", "-0.1,51.7,0,51.6" })
            Assert.Equal(
                "bbox must be four numbers: west,south,east,north.",
                (await _gateway.GetAsync($"requests.xml?jurisdiction_id=one&bbox={wrong}")).Errors.Single());

        async Task<List<string?>> Ids(string box) =>
            [.. (await _gateway.GetAsync($"requests.json?jurisdiction_id=one&bbox={box}")).Json.EnumerateArray()
                .Select(r => r.GetProperty("service_request_id").GetString())];
    }
}
