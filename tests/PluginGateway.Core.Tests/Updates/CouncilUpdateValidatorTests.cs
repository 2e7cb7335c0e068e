using PluginGateway.Contracts;
using PluginGateway.Core.Updates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates;

public sealed class CouncilUpdateValidatorTests
{
    private static readonly CouncilUpdate Valid = new() { UpdateId = "1", BackEndId = "7", Status = "fixed", OccurredAt = Some.Time };

    [Fact]
    public void Unknown_status_is_read_as_unchanged_with_the_original_as_code()
    {
        var (update, problem) = CouncilUpdateValidator.Validate(Valid with { Status = "not_responsible", Description = "It is the water company's." }, Some.Time);

        Assert.Null(problem);
        Assert.Equal(("unchanged", "not_responsible", "It is the water company's."), (update!.Status, update.ExternalStatusCode, update.Description));
    }

    [Fact]
    public void Missing_and_invalid_values_of_a_plug_in_are_corrected()
    {
        var (update, _) = CouncilUpdateValidator.Validate(
            Valid with
            {
                Status = null!,
                Description = null!,
                MediaUrls = [new Uri("a.jpg", UriKind.Relative), new Uri("file:///etc/passwd"), new Uri("https://pics/1.jpg"), null!],
            }, Some.Time);

        Assert.Equal(("unchanged", ""), (update!.Status, update.Description));
        Assert.Equal(["https://pics/1.jpg"], update.MediaUrls.Select(u => u.AbsoluteUri));
        Assert.Empty(CouncilUpdateValidator.Validate(Valid with { MediaUrls = null! }, Some.Time).News!.MediaUrls);
    }

    [Fact]
    public void Extras_with_invalid_element_names_are_skipped()
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

        var (update, problem) = CouncilUpdateValidator.Validate(Valid with { Extras = extras }, Some.Time);

        Assert.Equal(["category"], update!.Extras.Keys);
        Assert.EndsWith("were skipped: 7", problem, StringComparison.Ordinal);
        Assert.Empty(CouncilUpdateValidator.Validate(Valid with { Extras = null! }, Some.Time).News!.Extras);
    }

    [Fact]
    public void Update_without_ids_or_from_the_future_is_rejected()
    {
        foreach (var invalid in new[]
        {
            Valid with { UpdateId = "" }, Valid with { UpdateId = new string('x', 201) }, Valid with { BackEndId = "" }, Valid with { BackEndId = null! },
            Valid with { OccurredAt = Some.Time.AddDays(2) },
        })
            Assert.NotNull(CouncilUpdateValidator.Validate(invalid, Some.Time).Problem);
        Assert.Null(CouncilUpdateValidator.Validate(Valid with { BackEndId = null!, Reference = "4711" }, Some.Time).Problem);
    }
}
