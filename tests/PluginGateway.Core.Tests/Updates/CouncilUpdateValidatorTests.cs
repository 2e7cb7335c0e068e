using PluginGateway.Contracts;
using PluginGateway.Core.Updates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates;

public sealed class CouncilUpdateValidatorTests
{
    private static readonly CouncilUpdate Good = new() { UpdateId = "1", BackEndId = "7", Status = "fixed", OccurredAt = Some.Time };

    [Fact]
    public void An_unfamiliar_state_is_told_as_no_change_with_its_word()
    {
        var (news, problem) = CouncilUpdateValidator.Read(Good with { Status = "not_responsible", Description = "It is the water company's." }, Some.Time);

        Assert.Null(problem);
        Assert.Equal(("unchanged", "not_responsible", "It is the water company's."), (news!.Status, news.ExternalStatusCode, news.Description));
    }

    [Fact]
    public void What_a_plugin_left_out_or_wrote_wrong_is_put_right()
    {
        var (news, _) = CouncilUpdateValidator.Read(
            Good with
            {
                Status = null!,
                Description = null!,
                MediaUrls = [new Uri("a.jpg", UriKind.Relative), new Uri("file:///etc/passwd"), new Uri("https://pics/1.jpg"), null!],
            }, Some.Time);

        Assert.Equal(("unchanged", ""), (news!.Status, news.Description));
        Assert.Equal(["https://pics/1.jpg"], news.MediaUrls.Select(u => u.AbsoluteUri));
        Assert.Empty(CouncilUpdateValidator.Read(Good with { MediaUrls = null! }, Some.Time).News!.MediaUrls);
    }

    [Fact]
    public void Extras_whose_names_no_element_can_have_are_skipped_and_the_rest_is_kept()
    {
        var extras = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["category"] = "Trees",
            ["a b"] = "1",
            ["xmlns"] = "2",
            ["<x>"] = "3",
            ["9"] = "4",
            [""] = "5",
            ["group"] = null!,
            [new string('n', 51)] = "6",
        };

        var (news, problem) = CouncilUpdateValidator.Read(Good with { Extras = extras }, Some.Time);

        Assert.Equal(["category"], news!.Extras.Keys);
        Assert.StartsWith("7 of its extras", problem, StringComparison.Ordinal);
        Assert.Empty(CouncilUpdateValidator.Read(Good with { Extras = null! }, Some.Time).News!.Extras);
    }

    [Fact]
    public void What_names_nothing_or_comes_from_the_future_is_none()
    {
        foreach (var bad in new[]
        {
            Good with { UpdateId = "" }, Good with { UpdateId = new string('x', 201) }, Good with { BackEndId = "" }, Good with { BackEndId = null! },
            Good with { OccurredAt = Some.Time.AddDays(2) },
        })
            Assert.NotNull(CouncilUpdateValidator.Read(bad, Some.Time).Problem);
        Assert.Null(CouncilUpdateValidator.Read(Good with { BackEndId = null!, Reference = "4711" }, Some.Time).Problem);
    }
}
