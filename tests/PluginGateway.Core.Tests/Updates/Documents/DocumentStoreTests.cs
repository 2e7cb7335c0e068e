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
        _store = new DocumentStore(_test.Database, _options, _clock);
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
    public async Task What_is_kept_is_read_byte_for_byte_and_is_the_same_when_it_comes_again(int length)
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
    public async Task One_that_is_too_long_is_refused_and_nothing_of_it_is_kept()
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
    public async Task A_name_is_a_name(string given, string name)
    {
        var (id, _) = await _store.SaveAsync(_backEnd, given, new MemoryStream([1]), default);

        Assert.Equal(name, (await _queue.ShowAsync(id, default))!.Value.Document.Name);
    }

    [Fact]
    public async Task The_first_of_a_source_is_a_baseline_until_it_was_read_to_its_end()
    {
        await KeepAsync("highways-20261101.csv");
        await KeepAsync("highways-20261102.csv");
        await KeepAsync("trees.csv");

        var first = await TakeAsync();
        Assert.True(first.Baseline);
        // It hangs, or died; nobody else takes it meanwhile, nor what came after it.
        Assert.Null(await _queue.TakeAsync(_backEnd, default));
        _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        var again = await TakeAsync();
        Assert.Equal((first.Id, true), (again.Id, again.Baseline));
        await _queue.ReadAsync(again, new ReadCounts(1, 1, 0), default);

        var second = await TakeAsync();
        await _queue.ReadAsync(second, new ReadCounts(1, 1, 0), default);
        var trees = await TakeAsync();
        Assert.Equal((false, true), (second.Baseline, trees.Baseline));

        // Read again it stays what it was.
        await _queue.ReadAsync(trees, new ReadCounts(1, 1, 0), default);
        Assert.True(await _queue.ReadAgainAsync(first.Id, default));
        Assert.Null(await _queue.TakeAsync(_backEnd, default));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((first.Id, true, true), await TakeAsync() is var once ? (once.Id, once.Baseline, once.Again) : default);
    }

    [Fact]
    public async Task One_that_fails_again_and_again_is_left_to_a_person()
    {
        await KeepAsync("x.csv");
        // That nobody is there to read it does not count.
        for (var i = 0; i < 50; i++)
            await FailAsync(DocumentFailure.NotCounted);
        for (var i = 0; i < 5; i++)
            await FailAsync(DocumentFailure.Counted);

        Assert.Null(await _queue.TakeAsync(_backEnd, default));
        Assert.Equal((DocumentState.Unreadable, "out of order"), (await _queue.ListAsync(null, 1, default)).Select(d => (d.State, d.Cause)).Single());
    }

    [Fact]
    public async Task One_that_ends_the_process_is_not_begun_for_ever()
    {
        await KeepAsync("x.csv");
        for (var i = 0; i < 10; i++)
        {
            await TakeAsync();
            _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        }

        Assert.Null(await _queue.TakeAsync(_backEnd, default));
        var document = Assert.Single(await _queue.ListAsync(null, 1, default));
        Assert.Equal(DocumentState.Unreadable, document.State);
        Assert.Contains("never came to an end", document.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_to_be_read_again_while_it_is_read_is_read_again()
    {
        await KeepAsync("x.csv");
        var reading = await TakeAsync();
        Assert.True(await _queue.ReadAgainAsync(reading.Id, default));

        await _queue.ReadAsync(reading, new ReadCounts(1, 1, 0), default);

        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await TakeAsync()).Again);
    }

    [Fact]
    public async Task Who_lost_its_claim_says_nothing_any_more()
    {
        await KeepAsync("x.csv");
        var slow = await TakeAsync();
        _clock.Advance(_options.Value.Within + TimeSpan.FromSeconds(1));
        var quick = await TakeAsync();

        await _queue.FailAsync(slow, DocumentFailure.Permanent, "too late", default);
        await _queue.ReadAsync(quick, new ReadCounts(7, 7, 0), default);

        Assert.Equal((DocumentState.Read, 7L), (await _queue.ListAsync(null, 1, default)).Select(d => (d.State, d.Valid)).Single());
    }

    [Theory]
    [InlineData("highways-20261101.csv", "highways-20261102.csv", true)]
    [InlineData("export1.csv", "export2.csv", false)]
    public void A_source_is_a_name_without_its_dates(string one, string other, bool same) =>
        Assert.Equal(same, DocumentStore.Source(one) == DocumentStore.Source(other));

    private async Task FailAsync(DocumentFailure failure)
    {
        await _queue.FailAsync(await TakeAsync(), failure, "out of order", default);
        _clock.Advance(TimeSpan.FromMinutes(5));
    }

    private async Task<DocumentRow> TakeAsync() => Assert.IsType<DocumentRow>(await _queue.TakeAsync(_backEnd, default));

    private Task KeepAsync(string name) => _store.SaveAsync(_backEnd, name, new MemoryStream(Encoding.UTF8.GetBytes(name)), default);

    private async Task<long> CountAsync(string table) => await _test.Database.ReadAsync(db => db.ScalarAsync<long>($"SELECT COUNT(*) FROM {table}"), default);
}
