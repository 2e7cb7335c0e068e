using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests that no call costs more than its length: parameters of 64 KB run few statements over few rows, and make no call to a back end.</summary>
public sealed class QueryCostTests : IAsyncLifetime
{
    private const int Length = 60 << 10;

    /// <summary>The statements of one call and of the background work meanwhile. One for each of 30,000 values would be many more.</summary>
    private const int MaxStatements = 50;

    /// <summary>Steps of SQLite's virtual machine. A search for 10,000 values takes more.</summary>
    private const long MaxSteps = 20_000;

    private readonly GatewayApp _gateway;
    private StubOpen311 _council = null!;
    private TracedDatabase? _traced;

    public QueryCostTests()
    {
        _gateway = new GatewayApp("--Sending:Poll=00:01:00")
            .Council("one", Some.EmailCouncil("one"))
            .Change(services => services.AddSingleton<IDatabase>(all => _traced = new TracedDatabase(all.GetRequiredService<SqliteDatabase>())));
    }

    public static TheoryData<string> Resources() =>
        ["requests.xml", "requests/{0}.xml", "tokens/{0}.xml", "services.xml", "services/{0}.xml", "servicerequestupdates.xml", "media/{0}"];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "the work is counted on SQLite");
        _council = await StubOpen311.StartAsync();
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council("stub", Some.Open311Council("stub", _council.Endpoint)).StartAsync();
        for (var i = 0; i < 20; i++)
            await _gateway.PostAsync("one", Some.Report());
        await _gateway.GetAsync("services.xml?jurisdiction_id=stub");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        if (_council is not null)
            await _council.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Long_parameters_of_reads_cost_no_more_than_short_ones(string resource)
    {
        string[] names =
        [
            "service_code", "status", "service_request_id", "start_date", "end_date", "updated_after", "updated_before", "lat", "long", "radius", "bbox",
            "page", "page_size", "jurisdiction_id", "api_key", "extensions", "extended_statuses", "unknown",
        ];
        foreach (var council in new[] { "one", "stub" })
            foreach (var name in names)
                foreach (var value in Values())
                    await AssertCheapAsync(
                        $"{string.Format(CultureInfo.InvariantCulture, resource, "x")}?{(name == "jurisdiction_id" ? "" : $"jurisdiction_id={council}&")}{name}={value}");
        if (resource.Contains("{0}", StringComparison.Ordinal))
            foreach (var value in Values())
                await AssertCheapAsync($"{string.Format(CultureInfo.InvariantCulture, resource, value)}?jurisdiction_id=stub");
        Assert.Empty(_council.Posts);
    }

    [Fact]
    public async Task Ten_thousand_ids_make_no_call_to_the_back_end_even_with_a_key()
    {
        var asked = 0;
        _council.Pages["requests.xml"] = _ =>
        {
            asked++;
            return Task.CompletedTask;
        };
        var ids = string.Join(',', Enumerable.Range(0, 10_000).Select(i => i.ToString(CultureInfo.InvariantCulture)));

        var answer = await _gateway.GetAsync($"requests.xml?jurisdiction_id=stub&api_key={GatewayApp.Key}&service_request_id={ids}");

        Assert.Equal((HttpStatusCode.BadRequest, 0), (answer.Status, asked));
        Assert.Equal("service_request_id has more than 100 different values.", answer.Errors.Single());
    }

    [Fact]
    public async Task Hundred_different_values_are_allowed_and_repeated_values_count_once()
    {
        var codes = string.Join(',', Enumerable.Range(0, 100).Select(i => $"C{i}"));

        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync($"requests.xml?jurisdiction_id=one&service_code={codes},{codes}")).Status);
        Assert.Equal(
            "service_code has more than 100 different values.",
            (await _gateway.GetAsync($"requests.xml?jurisdiction_id=one&service_code={codes}&service_code=one-more")).Errors.Single());
    }

    [Fact]
    public async Task Long_parameters_of_posts_cost_no_more_than_short_ones()
    {
        string[] names =
        [
            "service_code", "lat", "long", "address_string", "address_id", "description", "email", "first_name", "phone", "media_url", "account_id",
            "device_id", "attribute[SIZE]", "attribute[fixmystreet_id]", "attributes", "api_key", "status", "update_id", "service_request_id",
            "updated_datetime", "unknown",
        ];
        var values = Values().Append("{" + string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"c{i}\":1")) + "}")
            .Append("{\"SIZE\":[" + string.Join(',', Enumerable.Range(0, 10_000)) + "]}").ToList();
        foreach (var resource in new[] { "requests.xml", "servicerequestupdates.xml" })
            foreach (var name in names)
                foreach (var value in values)
                {
                    Begin();
                    var answer = await _gateway.PostAsync(resource, "one", [.. Some.Report("POTHOLE").Where(f => f.Item1 != name), (name, value)]);
                    AssertCheap($"{resource} {name}", answer);
                }
    }

    private static IEnumerable<string> Values()
    {
        yield return string.Join(',', Enumerable.Repeat("1", Length / 2));
        yield return string.Join(',', Enumerable.Range(0, Length / 6).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        yield return new string(',', Length);
        yield return new string('9', Length);
        yield return new string('[', Length);
        yield return string.Concat(Enumerable.Repeat("a=b;", Length / 4));
    }

    private async Task AssertCheapAsync(string call)
    {
        Begin();
        AssertCheap(call[..Math.Min(80, call.Length)], await _gateway.GetAsync(call));
    }

    private void Begin()
    {
        _traced!.Reads.Clear();
        _traced.ResetSteps();
    }

    private void AssertCheap(string call, HttpReply answer)
    {
        Assert.True((int)answer.Status < 500, $"{call}: {answer.Status}");
        Assert.True(_traced!.Reads.Count <= MaxStatements, $"{call}: {_traced.Reads.Count} statements");
        Assert.True(_traced.Steps <= MaxSteps, $"{call}: {_traced.Steps} steps");
    }
}
