using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Tests.Storage;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates.Documents;

public sealed class DocumentStoreTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly BackEnd _backEnd = TestCouncils.Plain.BackEnds["email"];
    private readonly IOptions<UpdatesOptions> _options = Options.Create(new UpdatesOptions { MaxDocumentBytes = 1 << 20 });

    private TestDatabase _test = null!;
    private DocumentStore _store = null!;
    private DocumentQueue _queue = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync();
        _store = new DocumentStore(_test.Database, _test.Spool, _options, _clock);
        _queue = new DocumentQueue(
            _test.Database, new ProcessLiveness(ProcessIdentity.Current, _test.Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()), _clock), _options, _clock);
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((256 << 10) - 1)]
    [InlineData(256 << 10)]
    [InlineData((256 << 10) + 1)]
    [InlineData(512 << 10)]
    [InlineData(1 << 20)]
    public async Task Content_is_stored_exactly_and_recognised_when_repeated(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);

        var (id, known) = await _store.SaveAsync(_backEnd, "x.csv", new MemoryStream(content), default);
        var again = await _store.SaveAsync(_backEnd, "y.csv", new MemoryStream(content), default);
        var elsewhere = await _store.SaveAsync(_backEnd with { Name = "other" }, "x.csv", new MemoryStream(content), default);

        Assert.False(known);
        Assert.Equal((id, true), again);
        Assert.NotEqual(id, elsewhere.Id);
        var document = _store.ToDocument((await _queue.ShowAsync(id, default))!.Value.Document);
        for (var i = 0; i < 2; i++)
        {
            await using var stream = await document.OpenAsync(default);
            var read = new MemoryStream();
            await stream.CopyToAsync(read);
            Assert.Equal(content, read.ToArray());
        }

        Assert.Equal((length, "x.csv"), (document.Length, document.Name));
        Assert.Equal(2, await CountAsync("document"));
    }

    [Fact]
    public async Task Overlong_document_is_rejected_without_storing_anything()
    {
        await Assert.ThrowsAsync<DocumentTooLongException>(() => _store.SaveAsync(_backEnd, "x.csv", new MemoryStream(new byte[(1 << 20) + 1]), default));

        Assert.Equal((0, 0), (await CountAsync("document"), await CountAsync("document_chunk")));
    }

    [Theory]
    [InlineData("/srv/out/x.csv", "x.csv")]
    [InlineData("..\\..\\x.csv", "x.csv")]
    [InlineData("a\r\nb\u0000.csv", "ab.csv")]
    [InlineData("", "document")]
    [InlineData("/", "document")]
    public async Task Document_name_is_sanitised(string given, string name)
    {
        var (id, _) = await _store.SaveAsync(_backEnd, given, new MemoryStream([1]), default);

        Assert.Equal(name, (await _queue.ShowAsync(id, default))!.Value.Document.Name);
    }

    [Fact]
    public async Task First_document_of_a_source_is_a_baseline_until_it_was_read()
    {
        await SaveAsync("highways-20261101.csv");
        await SaveAsync("highways-20261102.csv");
        await SaveAsync("trees.csv");

        var first = await TakeAsync();
        Assert.True(first.Baseline);
        // While it is being read, neither it nor the following ones can be taken.
        Assert.Null(await _queue.ClaimAsync(_backEnd, default));
        _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        var again = await TakeAsync();
        Assert.Equal((first.Id, true), (again.Id, again.Baseline));
        await _queue.ReadAsync(again, new ReadCounts(1, 1, 0), default);

        var second = await TakeAsync();
        await _queue.ReadAsync(second, new ReadCounts(1, 1, 0), default);
        var trees = await TakeAsync();
        Assert.Equal((false, true), (second.Baseline, trees.Baseline));

        // A baseline that is read again stays a baseline.
        await _queue.ReadAsync(trees, new ReadCounts(1, 1, 0), default);
        Assert.True(await _queue.ReadAgainAsync(first.Id, default));
        Assert.Null(await _queue.ClaimAsync(_backEnd, default));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((first.Id, true, true), await TakeAsync() is var once ? (once.Id, once.Baseline, once.Again) : default);
    }

    [Fact]
    public async Task Document_that_fails_repeatedly_becomes_unreadable()
    {
        await SaveAsync("x.csv");
        // Failures because no reader is available do not count.
        for (var i = 0; i < 50; i++)
            await FailAsync(DocumentFailure.NotCounted);
        for (var i = 0; i < 5; i++)
            await FailAsync(DocumentFailure.Counted);

        Assert.Null(await _queue.ClaimAsync(_backEnd, default));
        Assert.Equal((DocumentState.Unreadable, "out of order"), (await _queue.ListAsync(null, 1, default)).Select(d => (d.State, d.Cause)).Single());
    }

    [Fact]
    public async Task Document_that_crashes_the_process_becomes_unreadable()
    {
        await SaveAsync("x.csv");
        for (var i = 0; i < 10; i++)
        {
            await TakeAsync();
            _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        }

        Assert.Null(await _queue.ClaimAsync(_backEnd, default));
        var document = Assert.Single(await _queue.ListAsync(null, 1, default));
        Assert.Equal(DocumentState.Unreadable, document.State);
        Assert.Contains("never finished", document.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_requested_again_during_reading_is_read_again()
    {
        await SaveAsync("x.csv");
        var reading = await TakeAsync();
        Assert.True(await _queue.ReadAgainAsync(reading.Id, default));

        await _queue.ReadAsync(reading, new ReadCounts(1, 1, 0), default);

        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await TakeAsync()).Again);
    }

    [Fact]
    public async Task Reader_with_a_lost_claim_cannot_change_the_document()
    {
        await SaveAsync("x.csv");
        var slow = await TakeAsync();
        _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        var quick = await TakeAsync();

        await _queue.FailAsync(slow, DocumentFailure.Permanent, "too late", default);
        await _queue.ReadAsync(quick, new ReadCounts(7, 7, 0), default);

        Assert.Equal((DocumentState.Read, 7L), (await _queue.ListAsync(null, 1, default)).Select(d => (d.State, d.Valid)).Single());
    }

    [Theory]
    [InlineData("highways-20261101.csv", "highways-20261102.csv", true)]
    [InlineData("updates-2026-11-30.csv", "updates-2026-12-01.csv", true)]
    [InlineData("updates 30.11.2026.csv", "updates 1.12.2026.csv", true)]
    [InlineData("2026_11_30-0730 bins.csv", "2026_12_01-0800 bins.csv", true)]
    [InlineData("export1.csv", "export2.csv", false)]
    [InlineData("area-1-2026-11-30.csv", "area-2-2026-11-30.csv", false)]
    public void Source_is_the_name_without_dates(string one, string other, bool same) =>
        Assert.Equal(same, DocumentStore.Source(one) == DocumentStore.Source(other));

    private async Task FailAsync(DocumentFailure failure)
    {
        await _queue.FailAsync(await TakeAsync(), failure, "out of order", default);
        _clock.Advance(TimeSpan.FromMinutes(5));
    }

    private async Task<DocumentRow> TakeAsync() => Assert.IsType<DocumentRow>(await _queue.ClaimAsync(_backEnd, default));

    private Task SaveAsync(string name) => _store.SaveAsync(_backEnd, name, new MemoryStream(Encoding.UTF8.GetBytes(name)), default);

    private async Task<long> CountAsync(string table) => await _test.Database.ReadAsync(db => db.ScalarAsync<long>($"SELECT COUNT(*) FROM {table}"), default);
}
