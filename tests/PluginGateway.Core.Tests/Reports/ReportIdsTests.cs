using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Tests.Reports;

public sealed class ReportIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_increase_and_reserve_values_for_every_revision()
    {
        var ids = Enumerable.Range(0, 50_000).Select(_ => ReportIds.New(Now)).ToList();

        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.True(pair.Second > ReportIds.LastRevisionId(pair.First)));
    }

    [Fact]
    public void Text_of_an_id_parses_to_the_same_revision()
    {
        var report = ReportIds.New(Now);

        foreach (var revision in new[] { 1, 2, ReportIds.MaxRevisions })
            Assert.Equal(ReportIds.RevisionId(report, revision), ReportIds.Read(ReportIds.Text(ReportIds.RevisionId(report, revision))));
    }

    [Fact]
    public void Ids_of_the_last_supported_year_are_positive()
    {
        // Not created with New, because all later ids of this process would be higher still.
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
    public void Text_that_is_no_report_id_is_not_parsed(string text) => Assert.Equal(0, ReportIds.Read(text));
}
