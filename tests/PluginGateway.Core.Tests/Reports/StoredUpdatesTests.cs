using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Reports;

public sealed class StoredUpdatesTests
{
    [Fact]
    public void Council_update_round_trips()
    {
        var update = new CouncilUpdate
        {
            UpdateId = "U1",
            BackEndId = "CASE-1",
            Reference = "4711",
            Status = "fixed",
            Description = "Done",
            OccurredAt = Some.Time,
            MediaUrls = [new Uri("https://pics.example/1.jpg")],
            ExternalStatusCode = "X9",
            CustomerReference = "CRM-1",
            Extras = new Dictionary<string, string>(StringComparer.Ordinal) { ["group"] = "Roads", ["category"] = "Trees" },
        };

        var stored = JsonSerializer.SerializeToUtf8Bytes(StoredCouncilUpdate.Of(update), ReportJson.Default.StoredCouncilUpdate);
        var read = JsonSerializer.Deserialize(stored, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate();

        Assert.Equivalent(update, read, strict: true);
        Assert.Equal(["category", "group"], read.Extras.Keys);
    }

    [Fact]
    public void Client_update_round_trips()
    {
        var update = new ClientUpdate
        {
            UpdateId = "U1",
            BackEndId = "CASE-1",
            Reference = "4711",
            ServiceCode = "BIN",
            Status = "OPEN",
            Description = "Still there",
            UpdatedAt = Some.Time,
            Author = new Reporter { FirstName = "Ann" },
            MediaUrls = [new Uri("https://pics.example/1.jpg")],
            Attachments = [new Attachment { Id = 1, FileName = "a.jpg", ContentType = "image/jpeg", Length = 3 }],
            Answers = [new ReportAnswer { Code = "size", Values = ["big"] }],
            ExtraArguments = [new ReportAnswer { Code = "nsg_ref", Values = ["10101010"] }],
        };

        var stored = JsonSerializer.SerializeToUtf8Bytes(StoredClientUpdate.Of(update), ReportJson.Default.StoredClientUpdate);

        Assert.Equivalent(update, JsonSerializer.Deserialize(stored, ReportJson.Default.StoredClientUpdate)!.ToUpdate(), strict: true);
    }

    [Fact]
    public void Updates_stored_by_version_0_1_are_read()
    {
        var council = JsonSerializer.Deserialize(
            """
            {"UpdateId":"U1","BackEndId":"CASE-1","Status":"fixed","Description":"Done","Happened":"2026-11-22T09:00:00+00:00","MediaUrls":[],"CustomerReference":"CRM-1"}
            """,
            ReportJson.Default.StoredCouncilUpdate)!.ToUpdate();
        var client = JsonSerializer.Deserialize(
            """
            {"UpdateId":"U1","BackEndId":"","Status":"OPEN","Description":"More","Updated":"2026-11-22T09:00:00+00:00","Author":{},"MediaUrls":[],"Attachments":[],"Answers":[],"Others":[{"Code":"nsg_ref","Values":["1"]}]}
            """,
            ReportJson.Default.StoredClientUpdate)!.ToUpdate();

        Assert.Equal(("CASE-1", new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero), 0), (council.BackEndId, council.OccurredAt, council.Extras.Count));
        Assert.Equal((new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero), "nsg_ref"), (client.UpdatedAt, client.ExtraArguments[0].Code));
    }
}
