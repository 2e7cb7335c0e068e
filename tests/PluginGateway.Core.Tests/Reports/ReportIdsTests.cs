using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Tests.Reports;

public sealed class ReportIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_rise_and_leave_room_for_every_revision()
    {
        var ids = Enumerable.Range(0, 50_000).Select(_ => ReportIds.New(Now)).ToList();

        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.True(pair.Second > ReportIds.LastCase(pair.First)));
    }

    [Fact]
    public void A_text_leads_back_to_its_revision()
    {
        var report = ReportIds.New(Now);

        foreach (var revision in new[] { 1, 2, ReportIds.MaxRevisions })
            Assert.Equal(ReportIds.Case(report, revision), ReportIds.Read(ReportIds.Text(ReportIds.Case(report, revision))));
    }

    [Fact]
    public void Ids_of_the_last_year_there_is_room_for_are_still_positive()
    {
        // Not a new one: all that come after it in this process would be as late.
        var late = ReportIds.First(new DateTimeOffset(2092, 1, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.True(late > 0);
        Assert.Equal(late, ReportIds.Read(ReportIds.Text(late)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PG")]
    [InlineData("PG000000000000")]
    [InlineData("PG00000000000000")]
    [InlineData("pg0000000000001")]
    [InlineData("PG000000000000U")]
    [InlineData("PGZZZZZZZZZZZZZ")]
    [InlineData("PG00000000000é1")]
    public void Other_texts_are_not_ours(string text) => Assert.Equal(0, ReportIds.Read(text));
}
