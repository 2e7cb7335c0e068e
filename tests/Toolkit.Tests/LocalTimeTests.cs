using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Adapters.Toolkit.Times;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class LocalTimeTests
{
    private static readonly string[] Zones = ["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"];

    [Fact]
    public void Unambiguous_times_convert_as_in_the_framework() => Prop.ForAll(
        Gen.Elements(Zones).ToArbitrary(), Gen.Choose(0, 60 * 24 * 365 * 80).ToArbitrary(), (name, minutes) =>
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            var wall = new DateTime(1990, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddMinutes(minutes);
            var time = new LocalTime(zone).ToUtc(wall);
            if (!zone.IsInvalidTime(wall) && !zone.IsAmbiguousTime(wall))
                Assert.Equal(new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(wall, zone), TimeSpan.Zero), time);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void Round_trip_is_exact_except_in_the_repeated_hour()
    {
        var local = new LocalTime(TimeZoneInfo.FindSystemTimeZoneById("Europe/London"));
        for (var time = new DateTimeOffset(2026, 10, 24, 0, 0, 0, TimeSpan.Zero); time.Day < 27; time = time.AddMinutes(15))
        {
            Assert.InRange(local.ToUtc(local.FromUtc(time)) - time, TimeSpan.Zero, TimeSpan.FromHours(1));
            Assert.Equal(time, local.ToUtc(local.FromUtc(time), notAfter: time));
        }
    }

    [Fact]
    public void Minimum_and_maximum_times_do_not_throw()
    {
        var local = new LocalTime(TimeZoneInfo.FindSystemTimeZoneById("Pacific/Apia"));

        local.ToUtc(DateTime.MinValue);
        local.ToUtc(DateTime.MaxValue);
    }
}
