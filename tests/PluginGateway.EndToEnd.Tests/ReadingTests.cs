using System.Net;
using System.Text.Json;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the GET requests, errors, formats, jurisdictions and keys of GeoReport v2.</summary>
public sealed class ReadingTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp()
        .Council("one", Some.EmailCouncil("one"))
        .Council("two", Some.EmailCouncil("two", "\"aliases\": [ \"zwei\" ], \"keyForReads\": true,"));

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Discovery_is_available_in_both_formats()
    {
        // Reads the services of both councils, after which nothing changes.
        foreach (var council in new[] { "one", "two" })
            await _gateway.GetAsync($"services.json?jurisdiction_id={council}");
        var json = (await GetRoot("discovery.json")).Json;
        var xml = (await GetRoot("discovery.xml")).Xml;

        Assert.Equal("http://wiki.open311.org/GeoReport_v2", json.GetProperty("endpoints")[0].GetProperty("specification").GetString());
        Assert.Equal(["text/xml", "application/json"], json.GetProperty("endpoints")[0].GetProperty("formats").EnumerateArray().Select(f => f.GetString()!));
        Assert.Superset(
            new HashSet<string?> { "production", "test" },
            json.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("type").GetString()).ToHashSet());
        Assert.Equal("discovery", xml.Name.LocalName);
        foreach (var url in xml.Descendants("url").Select(u => u.Value))
            Assert.Equal(
                HttpStatusCode.OK,
                (await HttpReply.ReadAsync(
                    await _gateway.Http.GetAsync(
                        new Uri(url + "/services.xml?jurisdiction_id=" + (url.Contains("two", StringComparison.Ordinal) ? "two" : "one"))))).Status);
        Assert.Equal((await GetRoot("discovery.json")).Json.GetProperty("changeset").GetString(), json.GetProperty("changeset").GetString());
    }

    [Fact]
    public async Task Services_are_listed_in_both_formats()
    {
        var xml = await _gateway.GetAsync("services.xml?jurisdiction_id=one");
        var json = await _gateway.GetAsync("services.json?jurisdiction_id=one");

        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<services>"
            + "<service><service_code>A/B c.d</service_code><service_name>Odd "
            + "code</service_name><description></description><metadata>true</metadata><type>realtime</type><keywords></keywords><group></group></service>"
            + "<service><service_code>BIN</service_code><service_name>Missed "
            + "bin</service_name><description></description><metadata>true</metadata><type>realtime</type><keywords></keywords><group>Waste</group></service>"
            + "<service><service_code>POTHOLE</service_code><service_name>Pothole</service_name><description></description><metadata>true</metadata><type>realtime</type><keywords></keywords><group>Roads</group></service>"
            + "</services>",
            xml.Body);
        Assert.Equal("application/json; charset=utf-8", json.ContentType);
        Assert.Equal(["A/B c.d", "BIN", "POTHOLE"], json.Json.EnumerateArray().Select(s => s.GetProperty("service_code").GetString()!));
        Assert.Equal(JsonValueKind.True, json.Json[0].GetProperty("metadata").ValueKind);
    }

    [Fact]
    public async Task Unchanged_list_is_304()
    {
        var first = await _gateway.GetAsync("services.xml?jurisdiction_id=one");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{_gateway.V2}/services.xml?jurisdiction_id=one"));
        request.Headers.TryAddWithoutValidation("If-None-Match", first.Headers["ETag"]);

        using var second = await _gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
        Assert.True(first.Headers.ContainsKey("Last-Modified"));
    }

    [Theory]
    [InlineData("services/A/B%20c.d.json")]
    [InlineData("services/A%2FB%20c.d.json")]
    public async Task Service_code_with_slash_blank_and_dot_is_found(string path) =>
        Assert.Equal("A/B c.d", (await _gateway.GetAsync(path + "?jurisdiction_id=one")).Json.GetProperty("service_code").GetString());

    [Fact]
    public async Task Definition_lists_its_questions_in_order()
    {
        var attributes = (await _gateway.GetAsync("services/POTHOLE.json?jurisdiction_id=one")).Json.GetProperty("attributes");

        Assert.Equal(["SIZE", "WHERE", "fixmystreet_id"], attributes.EnumerateArray().Select(a => a.GetProperty("code").GetString()!));
        Assert.Equal([1, 2, 3], attributes.EnumerateArray().Select(a => a.GetProperty("order").GetInt32()));
        Assert.Equal("Please call 999.", attributes[0].GetProperty("values")[2].GetProperty("disable_message").GetString());
        Assert.Equal("server_set", attributes[2].GetProperty("automated").GetString());
    }

    [Theory]
    [InlineData("services", 404, "Nothing exists at this address. Addresses end in .xml or .json.")]
    [InlineData("services.csv", 404, "Nothing exists at this address. Addresses end in .xml or .json.")]
    [InlineData("services.XML", 404, "Nothing exists at this address. Addresses end in .xml or .json.")]
    [InlineData("services.xml", 400, "jurisdiction_id was not provided.")]
    [InlineData("services.xml?jurisdiction_id=", 400, "jurisdiction_id was not provided.")]
    [InlineData("services.xml?jurisdiction_id=zz", 404, "jurisdiction_id zz was not found.")]
    [InlineData("services.xml?jurisdiction_id=ONE", 404, "jurisdiction_id ONE was not found.")]
    [InlineData("services.xml?jurisdiction_id=one&jurisdiction_id=two", 400, "jurisdiction_id was given more than once, with different values.")]
    [InlineData("services/zz.xml?jurisdiction_id=one", 404, "service_code zz was not found.")]
    [InlineData("services/.xml?jurisdiction_id=one", 400, "service_code was not provided.")]
    [InlineData("requests/zz.xml?jurisdiction_id=one", 404, "service_request_id zz was not found.")]
    [InlineData("tokens/zz.xml?jurisdiction_id=one", 404, "token zz was not found.")]
    [InlineData("tokens/.xml?jurisdiction_id=one", 400, "token was not provided.")]
    [InlineData("requests.xml?jurisdiction_id=one&start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400,
        "start_date and end_date must not be more than 90 days apart.")]
    [InlineData("requests.xml?jurisdiction_id=one&start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", 400, "start_date is after end_date.")]
    [InlineData("requests.xml?jurisdiction_id=one&start_date=soon", 400, "start_date must be a date and time with a time zone, such as 2026-01-31T09:30:00Z.")]
    [InlineData("requests.xml?jurisdiction_id=one&status=lost", 400, "status lost is not known; use open or closed.")]
    [InlineData("requests.xml?jurisdiction_id=one&page=0", 400, "page must be a whole number, at least 1.")]
    [InlineData("requests.xml?jurisdiction_id=two", 403, "Invalid or missing api_key.")]
    [InlineData("servicerequestupdates.xml?jurisdiction_id=one&start_date=2026-01-01T00:00:00Z", 400, "Provide both start_date and end_date, or neither.")]
    public async Task Errors_are_open311_errors_in_the_requested_format(string path, int status, string description)
    {
        var xml = await _gateway.GetAsync(path);
        Assert.Equal((status, "text/xml; charset=utf-8"), ((int)xml.Status, xml.ContentType));
        Assert.Equal("errors", xml.Xml.Name.LocalName);
        Assert.Equal(
            (status.ToString(System.Globalization.CultureInfo.InvariantCulture), description),
            (xml.Xml.Element("error")!.Element("code")!.Value, xml.Errors.Single()));

        if (!path.Contains(".xml", StringComparison.Ordinal))
            return;
        var json = await _gateway.GetAsync(path.Replace(".xml", ".json", StringComparison.Ordinal));
        Assert.Equal((status, "application/json; charset=utf-8"), ((int)json.Status, json.ContentType));
        Assert.Equal((status, description), (json.Json[0].GetProperty("code").GetInt32(), json.Json[0].GetProperty("description").GetString()));
        Assert.True(json.Headers.ContainsKey("X-Request-Id"));
    }

    [Fact]
    public async Task Wrong_method_is_405_with_the_allowed_methods()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri($"{_gateway.V2}/requests.json?jurisdiction_id=one"));
        using var response = await _gateway.Http.SendAsync(request);
        var answer = await HttpReply.ReadAsync(response);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Equal("GET, HEAD, POST", answer.Headers["Allow"]);
        Assert.Equal(405, answer.Json[0].GetProperty("code").GetInt32());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _gateway.PostAsync("services.xml", "one")).Status);
    }

    [Fact]
    public async Task Head_returns_headers_without_a_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri($"{_gateway.V2}/services.json?jurisdiction_id=one"));
        using var response = await _gateway.Http.SendAsync(request);

        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Post_without_a_valid_key_is_403_before_other_checks()
    {
        foreach (var key in new[] { "", "wrong" })
        {
            var answer = await _gateway.PostAsync("one", ("api_key", key), ("service_code", "zz"));
            Assert.Equal((HttpStatusCode.Forbidden, "Invalid or missing api_key."), (answer.Status, answer.Errors.Single()));
        }

        await _gateway.Services.GetKeys().AddAsync("site", "only-two", ["two"], ApiKeys.Reports, ClientProfile.None, null, default);
        Assert.Equal(HttpStatusCode.Forbidden, (await _gateway.PostAsync("one", Some.Report(more: ("api_key", "only-two")))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("two", Some.Report(more: ("api_key", "only-two")))).Status);
    }

    [Fact]
    public async Task Key_is_accepted_in_form_query_or_header()
    {
        foreach (var send in new Action<HttpRequestMessage>[]
        {
            static r => r.Headers.Authorization = new("Bearer", GatewayApp.Key),
            static r => r.Headers.Add("X-Api-Key", GatewayApp.Key),
            static r => r.RequestUri = new Uri(r.RequestUri + "?api_key=" + GatewayApp.Key),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_gateway.V2}/requests.xml"))
            {
                Content = new FormUrlEncodedContent(Some.Report().Append(("jurisdiction_id", "one")).Select(f => KeyValuePair.Create(f.Item1, f.Item2))),
            };
            send(request);
            using var response = await _gateway.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task All_errors_of_a_post_are_reported_together()
    {
        var answer = await _gateway.PostAsync("one", ("service_code", "POTHOLE"), ("lat", "91"), ("attribute[SIZE]", "zz"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(
            ["lat must be a number from -90 to 90.", "Provide lat and long, address_string or address_id.", "attribute[SIZE] must be one of: s, l, x."],
            answer.Errors);
        Assert.Equal(["Please call 999."], (await _gateway.PostAsync("one", Some.Report("POTHOLE", more: ("attribute[SIZE]", "x")))).Errors);
        Assert.Equal(["service_code was not provided."], (await _gateway.PostAsync("one", ("lat", "51"))).Errors);
        Assert.Equal(
            (HttpStatusCode.NotFound, "service_code zz was not found."),
            ((await _gateway.PostAsync("one", Some.Report("zz"))).Status, (await _gateway.PostAsync("one", Some.Report("zz"))).Errors.Single()));
    }

    [Fact]
    public async Task Council_is_found_by_address_and_alias()
    {
        using var perCouncil = await _gateway.Http.GetAsync(new Uri(_gateway.Address, "/open311/one/v2/services.json"));
        using var other = await _gateway.Http.GetAsync(new Uri(_gateway.Address, "/open311/one/v2/services.json?jurisdiction_id=two"));

        Assert.Equal(HttpStatusCode.OK, perCouncil.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync("services.json?jurisdiction_id=zwei")).Status);
    }

    [Fact]
    public async Task Reports_are_found_by_id_filter_and_page()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await _gateway.PostAsync(
                "one", Some.Report(i % 2 == 0 ? "BIN" : "A/B c.d", i.ToString(System.Globalization.CultureInfo.InvariantCulture)))).Id);
        await _gateway.PostAsync("two", Some.Report());

        Assert.Equal(Enumerable.Reverse(ids), await Ids("requests.json?jurisdiction_id=one"));
        Assert.Equal([ids[3], ids[1]], await Ids("requests.json?jurisdiction_id=one&service_code=A/B%20c.d"));
        Assert.Equal([ids[4], ids[0]], await Ids($"requests.json?jurisdiction_id=one&service_request_id={ids[4]},nothing,{ids[0]}&start_date=1999-01-01"));
        Assert.Empty(await Ids("requests.json?jurisdiction_id=one&status=closed"));
        Assert.Equal(5, (await Ids("requests.json?jurisdiction_id=one&status=open,closed")).Count);
        Assert.Equal(5, (await Ids("requests.json?jurisdiction_id=one&lat=51.5&long=-0.1&radius=10")).Count);
        Assert.Empty(await Ids("requests.json?jurisdiction_id=one&lat=51.6&long=-0.1&radius=10"));

        var page = await _gateway.GetAsync("requests.json?jurisdiction_id=one&page_size=2&page=2");
        Assert.Equal([ids[2], ids[1]], page.Json.EnumerateArray().Select(r => r.GetProperty("service_request_id").GetString()!));
        Assert.Equal("<?jurisdiction_id=one&page_size=2&page=3>; rel=\"next\"", page.Headers["Link"]);
        Assert.Empty(await Ids("requests.json?jurisdiction_id=one&page_size=2&page=9"));
    }

    [Fact]
    public async Task Report_is_found_right_after_its_post_without_personal_data()
    {
        var id = (await _gateway.PostAsync(
            "one", Some.Report("POTHOLE", "5", "A hole", ("attribute[SIZE]", "s"), ("email", "jo@example.org"), ("last_name", "Bloggs")))).Id;

        var xml = await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=one");

        var request = Assert.Single(xml.Xml.Elements("request"));
        Assert.Equal(
            ["service_request_id", "status", "service_name", "service_code", "description", "agency_responsible", "requested_datetime", "updated_datetime",
                "address", "address_id", "zipcode", "lat", "long", "media_url"],
            request.Elements().Select(e => e.Name.LocalName));
        Assert.Equal(("open", "51.5", "-0.1"), (request.Element("status")!.Value, request.Element("lat")!.Value, request.Element("long")!.Value));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", request.Element("requested_datetime")!.Value);
        Assert.DoesNotContain("jo@example.org", xml.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Bloggs", xml.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=two&api_key={GatewayApp.Key}")).Status);
    }

    [Theory]
    [InlineData("start_date=9999-12-31T00:00:00Z", 200)]
    [InlineData("end_date=0001-01-01T00:00:00Z", 200)]
    [InlineData("lat=51.5&long=-0.1&radius=NaN", 400)]
    [InlineData("lat=51.5&long=NaN&radius=10", 400)]
    public async Task Extreme_filter_values_do_not_cause_server_errors(string query, int status) =>
        Assert.Equal(status, (int)(await _gateway.GetAsync($"requests.json?jurisdiction_id=one&{query}")).Status);

    [Fact]
    public async Task Renamed_council_file_stays_live()
    {
        _gateway.RenameCouncil("one", "eins");

        await Eventually.TrueAsync(() => _gateway.Files().Any(f => f.Path.EndsWith("eins.json", StringComparison.Ordinal)), "the renamed file is loaded");
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync("services.json?jurisdiction_id=one")).Status);
    }

    [Fact]
    public async Task Updates_without_a_source_are_an_empty_list() =>
        Assert.Equal(
            "[]", (await _gateway.GetAsync(
                "servicerequestupdates.json?jurisdiction_id=one&api_key=&start_date=2026-01-01T00:00:00Z&end_date=2026-01-01T02:00:00Z")).Body);

    [Fact]
    public async Task Update_for_a_council_without_update_support_is_stored_and_answered()
    {
        var id = (await _gateway.PostAsync("one", Some.Report())).Id;
        (string, string)[] fields = [("service_request_id", id), ("update_id", "9"), ("status", "fixed"), ("updated_datetime", "2026-11-22T06:59:50+00:00"),
            ("description", "Done")];

        var first = await _gateway.PostAsync("servicerequestupdates.xml", "one", fields);
        var again = await _gateway.PostAsync("servicerequestupdates.xml", "one", fields);

        Assert.Equal(
            ["9", "9"], [first.Xml.Element("request_update")!.Element("update_id")!.Value, again.Xml.Element("request_update")!.Element("update_id")!.Value]);
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM client_update"));
        Assert.Equal(
            HttpStatusCode.NotFound, (await _gateway.PostAsync("servicerequestupdates.xml", "one", [("service_request_id", "zz"), .. fields[1..]])).Status);
    }

    [Fact]
    public async Task Health_reports_live_and_ready()
    {
        Assert.Equal("live", await _gateway.Http.GetStringAsync(new Uri(_gateway.Address, "/health/live")));
        Assert.Equal("ready", await _gateway.Http.GetStringAsync(new Uri(_gateway.Address, "/health/ready")));
    }

    private async Task<List<string>> Ids(string path) =>
        [.. (await _gateway.GetAsync(path)).Json.EnumerateArray().Select(r => r.GetProperty("service_request_id").GetString()!)];

    private async Task<HttpReply> GetRoot(string file)
    {
        using var response = await _gateway.Http.GetAsync(new Uri(_gateway.Address, $"/open311/{file}"));
        return await HttpReply.ReadAsync(response);
    }
}
