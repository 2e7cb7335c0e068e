using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Tests.Adapters;

public sealed class BackEndLimitsTests
{
    private static readonly BackEndHints Hints = new() { MaxConcurrentCalls = 2, MaxCallsPerMinute = 30, TimeLimit = TimeSpan.FromMinutes(5) };

    [Fact]
    public void Without_file_or_hints_the_defaults_apply() => AssertLimits(4, null, null, Read(""), null);

    [Fact]
    public void Hints_apply_where_the_council_file_states_nothing()
    {
        AssertLimits(2, 30, 300, Read(""), Hints);
        AssertLimits(2, 60, 300, Read("\"rate\": 60,"), Hints);
    }

    [Fact]
    public void Council_file_overrides_each_hint() =>
        AssertLimits(8, 60, 20, Read("\"limit\": 8, \"rate\": 60, \"attemptWithin\": \"20s\","), Hints);

    [Fact]
    public void Hints_outside_the_allowed_range_are_clamped()
    {
        AssertLimits(1, 1, null, Read(""), new BackEndHints { MaxConcurrentCalls = 0, MaxCallsPerMinute = -1, TimeLimit = TimeSpan.Zero });
        AssertLimits(
            100, 60_000, 400, Read(""),
            new BackEndHints { MaxConcurrentCalls = int.MaxValue, MaxCallsPerMinute = int.MaxValue, TimeLimit = TimeSpan.MaxValue });
    }

    private static void AssertLimits(int calls, int? perMinute, int? seconds, BackEnd backEnd, BackEndHints? hints)
    {
        var limits = BackEndLimits.Of(backEnd, hints);
        Assert.Equal((calls, perMinute, (double?)seconds), (limits.ConcurrentCalls, limits.CallsPerMinute, limits.TimeLimit?.TotalSeconds));
    }

    private static BackEnd Read(string limits)
    {
        var reading = CouncilFileReader.Read(System.Text.Encoding.UTF8.GetBytes($$"""
            {
              "jurisdictionId": "c", "name": "The council", "mode": "queued", "sendMethod": "main",
              "backends": { "main": { "adapter": "blackhole", {{limits}} "settings": {} } },
              "services": [ { "code": "BIN", "name": "Missed bin" } ]
            }
            """));
        Assert.Empty(reading.Errors);
        return reading.Council!.BackEnds["main"];
    }
}
