using System.IO.Compression;
using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.People;
using PluginGateway.Core.Sending;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private static readonly Reporter Ann = new() { FirstName = "Ann", Email = "Ann@Example.org", Phone = "+44 7700 900123" };

    [Fact]
    public Task Data_of_one_person_is_found_exported_and_erased() => FindExportAndEraseAsync(isIndexed: true);

    [Fact]
    public Task Data_of_one_person_is_found_before_it_is_indexed() => FindExportAndEraseAsync(isIndexed: false);

    private async Task FindExportAndEraseAsync(bool isIndexed)
    {
        var (people, index) = (_world.Get<PersonData>(), _world.Get<PersonIndex>());
        var mine = await _world.AcceptAsync("1", "Ann's bin", reporter: Ann);
        var other = await _world.AcceptAsync("2", "Bob's bin", reporter: new Reporter { Email = "bob@example.org" });
        await _world.AcceptAsync("2", "Bob's other bin", reporter: new Reporter { Email = "bob@example.org", Phone = "01614960000" });
        using var file = new MemoryStream(Encoding.UTF8.GetBytes("a file"));
        var photo = await _world.Get<AttachmentStore>().SaveAsync("a.txt", "text/plain", file, default);
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, other.ReportId, other.DeliveryId,
            new ClientUpdate
            {
                UpdateId = "u1",
                BackEndId = "",
                Status = "OPEN",
                Description = "Ann says",
                UpdatedAt = _world.Clock.GetUtcNow(),
                Author = new Reporter { Email = "ann@example.org" },
                Attachments = [photo],
            },
            default);
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, mine.ReportId, mine.DeliveryId,
            new ClientUpdate
            {
                UpdateId = "u2",
                BackEndId = "",
                Status = "OPEN",
                Description = "Bob says",
                UpdatedAt = _world.Clock.GetUtcNow(),
                Author = new Reporter { Email = "bob@example.org" },
            },
            default);
        if (isIndexed)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(16));
            while (await index.StepAsync(default))
            {
            }

            Assert.Equal(6, await _world.CountAsync("person_term"));
        }

        foreach (var value in new[] { " ANN@example.org", "07700 900123" })
        {
            var (found, problem) = await people.FindAsync(value, "op", "a request", default);
            Assert.Equal("", problem);
            Assert.Equal([mine.OwnId], found!.Reports.Select(r => r.OwnId));
            Assert.Equal(value.Contains('@', StringComparison.Ordinal) ? ["u1"] : [], found.Updates.Select(u => u.UpdateId));
        }

        Assert.True((await people.FindAsync("nobody@example.org", "op", "a request", default)).Found!.IsEmpty);
        Assert.Contains("Enter an e-mail address", (await people.FindAsync("ann", "op", "a request", default)).Problem);
        Assert.Single((await people.FindAsync("0161 496 0000", "op", "a request", default)).Found!.Reports);

        using var zip = new MemoryStream();
        Assert.True((await _world.Get<PersonExport>().WriteAsync("ann@example.org", zip, "op", "a request", default)).Done);
        using var archive = new ZipArchive(zip, ZipArchiveMode.Read);
        using var json = new StreamReader(archive.GetEntry("person.json")!.Open());
        var text = await json.ReadToEndAsync();
        Assert.Contains("Ann's bin", text);
        Assert.Contains("Ann says", text);
        Assert.DoesNotContain("Bob's", text);
        using var exported = new StreamReader(archive.Entries.Single(e => e.FullName.StartsWith("files/", StringComparison.Ordinal)).Open());
        Assert.Equal("a file", await exported.ReadToEndAsync());

        // What still has to be sent is kept.
        var refused = await people.EraseAsync("ann@example.org", "op", "a request", default);
        Assert.Equal((false, "0 reports and 0 updates erased. 2 still wait to be sent: send or cancel them, then erase again."), (refused.Done, refused.Text));
        await _world.ExecuteAsync("UPDATE delivery SET state = 2");
        Assert.Equal("1 report and 1 update erased.", (await people.EraseAsync("ann@example.org", "op", "a request", default)).Text);

        Assert.Contains("Nothing is kept", (await people.EraseAsync("ann@example.org", "op", "a request", default)).Text);
        Assert.False((await _world.Get<PersonExport>().WriteAsync("ann@example.org", zip, "op", "a request", default)).Done);
        Assert.Equal(0, await _world.CountAsync("attachment"));
        Assert.Single((await people.FindAsync("bob@example.org", "op", "a request", default)).Found!.Reports);
        Assert.Equal(0, await _world.CountAsync("audit WHERE subject LIKE '%ann%' OR before LIKE '%ann%' OR after LIKE '%ann%'"));
        Assert.Equal(3, await _world.CountAsync("audit WHERE action IN ('person-erase', 'person-export')"));
    }
}
