namespace PluginGateway.Contracts.Testing;

// Describing, settings, catalogue, planning, updates.
public abstract partial class AdapterConformance
{
    /// <summary>The description is the same every time, has a title, and needs no call.</summary>
    [Fact]
    public void It_describes_itself_without_io()
    {
        var bench = NewBench();
        var (first, second) = (bench.Plugin.Describe(), bench.Plugin.Describe());

        Assert.False(string.IsNullOrWhiteSpace(first.Title), "AdapterDescriptor.Title is empty.");
        Assert.Equal(
            (first.Title, first.Idempotency, first.MarksCommit, first.AnyService, first.AttachmentSupport),
            (second.Title, second.Idempotency, second.MarksCommit, second.AnyService, second.AttachmentSupport));
        Assert.Equal(0, bench.Proxy.Calls);
    }

    /// <summary>An unknown setting is an error that names its place, and makes no adapter.</summary>
    [Fact]
    public void It_names_a_setting_that_it_does_not_know()
    {
        var bench = NewBench();
        var settings = Settings.TrimEnd()[..^1].TrimEnd();
        var context = NewContext(bench.Proxy, bench.State, bench.Clock, $"{settings}{(settings.EndsWith('{') ? "" : ",")} \"noSuchSetting\": 1 }}");

        var e = Assert.Throws<AdapterException>(() => CreatePlugin().Create(context));

        Assert.Contains(e.Errors, m => m.Path == "$.noSuchSetting");
        Assert.Equal(0, bench.Proxy.Calls);
    }

    /// <summary>The services have codes, names and unique ids, and are the same in the next reading.</summary>
    [Fact]
    public async Task Its_catalogue_is_sane_and_stable()
    {
        var bench = NewBench();
        var catalogue = bench.Needs<IServiceCatalogue>();
        var first = await InTimeAsync(catalogue.GetServicesAsync(default), "The catalogue");
        var second = await InTimeAsync(((IServiceCatalogue)NewBench(backEnd: bench.BackEnd).Adapter).GetServicesAsync(default), "The catalogue");

        Assert.NotEmpty(first);
        Assert.All(first, s => Assert.False(string.IsNullOrWhiteSpace(s.Code) || string.IsNullOrWhiteSpace(s.Name), "A service has no code or no name."));
        Assert.Equal(first.Count, first.Select(s => s.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.All(first, s => Assert.Equal(s.Attributes.Count, s.Attributes.Select(a => a.Code).Distinct(StringComparer.Ordinal).Count()));
        Assert.Equal(first.Select(s => s.Code), second.Select(s => s.Code));
    }

    /// <summary>One entry in an answer is read like several.</summary>
    /// <param name="entries">How many entries the back end's lists have.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task It_reads_one_entry_like_several(int entries)
    {
        var bench = NewBench();
        bench.BackEnd.Entries = entries;
        var readsCatalogue = bench.Adapter is IServiceCatalogue && !bench.Plugin.Describe().CatalogueInSettings;
        Assert.SkipUnless(readsCatalogue || bench.Adapter is IUpdateSource, "the adapter reads no lists");

        if (readsCatalogue && bench.Adapter is IServiceCatalogue catalogue)
            Assert.Equal(entries, (await InTimeAsync(catalogue.GetServicesAsync(default), "The catalogue")).Count);
        if (bench.Adapter is IUpdateSource source)
            Assert.Equal(entries, (await CollectAsync(source, null)).Updates.Count);
    }

    /// <summary>A catalogue that cannot be read completely is an error, never a shorter list.</summary>
    /// <param name="fault">What goes wrong with the last of its calls.</param>
    [Theory]
    [InlineData(BackEndFault.ErrorPage)]
    [InlineData(BackEndFault.ServerError)]
    [InlineData(BackEndFault.TruncatedBody)]
    [InlineData(BackEndFault.TooManyRequests)]
    [InlineData(BackEndFault.Refused)]
    public async Task A_catalogue_that_is_cut_short_is_an_error(BackEndFault fault)
    {
        var bench = NewBench();
        bench.Needs<IServiceCatalogue>();
        await ((IServiceCatalogue)bench.Adapter).GetServicesAsync(default);
        Assert.SkipWhen(bench.Proxy.Calls == 0, "the catalogue needs no call");
        var last = bench.Proxy.Calls;

        var broken = NewBench();
        (broken.Proxy.Fault, broken.Proxy.When) = (fault, (_, number) => number == last);
        var e = await Record.ExceptionAsync(() => InTimeAsync(((IServiceCatalogue)broken.Adapter).GetServicesAsync(default), "The catalogue"));

        AssertClassified(e, fault);
    }

    /// <summary>The same report gives the same plan, at any time, and nothing outside is asked.</summary>
    [Fact]
    public async Task Its_planner_is_pure()
    {
        var bench = NewBench();
        var planner = bench.Needs<IRequestPlanner>();
        var request = await bench.RequestAsync();
        var calls = bench.Proxy.Calls;
        var first = planner.Plan(request);
        bench.Clock.SetUtcNow(bench.Clock.GetUtcNow().AddMonths(5));
        var second = planner.Plan(request);

        Assert.Equal(first.Facts.OrderBy(f => f.Key, StringComparer.Ordinal), second.Facts.OrderBy(f => f.Key, StringComparer.Ordinal));
        Assert.Equal(first.Trace, second.Trace);
        Assert.Equal(first.Preview, second.Preview);
        Assert.Equal(calls, bench.Proxy.Calls);
    }

    /// <summary>The same news has the same id in every reading.</summary>
    [Fact]
    public async Task Its_updates_have_stable_ids()
    {
        var bench = NewBench();
        var source = bench.Needs<IUpdateSource>();
        var first = await CollectAsync(source, null);
        var again = await CollectAsync((IUpdateSource)NewBench(backEnd: bench.BackEnd).Adapter, null);

        Assert.Equal(first.Updates.Select(u => u.UpdateId), again.Updates.Select(u => u.UpdateId));
        Assert.Equal(first.Updates.Count, first.Updates.Select(u => u.UpdateId).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>The cursor leads on: what is news since the last reading is in the next one, and nothing is lost between them.</summary>
    [Fact]
    public async Task Its_cursor_leaves_no_update_out()
    {
        var bench = NewBench();
        var source = bench.Needs<IUpdateSource>();
        var all = (await CollectAsync(source, null)).Updates.Select(u => u.UpdateId).ToHashSet(StringComparer.Ordinal);

        var fewer = NewBench();
        fewer.BackEnd.Entries = 1;
        source = (IUpdateSource)fewer.Adapter;
        var first = await CollectAsync(source, null);
        fewer.BackEnd.Entries = 3;
        var next = await CollectAsync(source, first.Cursor);

        Assert.Subset(all, first.Updates.Concat(next.Updates).Select(u => u.UpdateId).ToHashSet(StringComparer.Ordinal));
        Assert.All(all, id => Assert.Contains(first.Updates.Concat(next.Updates), u => u.UpdateId == id));
    }

    /// <summary>The hour that is not there in spring and the one that comes twice in autumn do no harm.</summary>
    /// <param name="time">A time about a change of the clocks in Europe.</param>
    [Theory]
    [InlineData("2026-03-29T00:59:59Z")]
    [InlineData("2026-03-29T01:00:01Z")]
    [InlineData("2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T01:30:00Z")]
    public async Task It_works_while_the_clocks_change(string time)
    {
        var bench = NewBench();
        bench.Clock.SetUtcNow(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
        var request = await bench.RequestAsync() with { ReceivedAt = bench.Clock.GetUtcNow() };

        (bench.Adapter as IRequestPlanner)?.Plan(request);
        if (bench.Adapter is IRequestSender sender)
        {
            await InTimeAsync(sender.SubmitAsync(request, new TestAttempt(bench.Clock.GetUtcNow()), default), "Sending");
            Assert.Equal(1, bench.BackEnd.Created);
        }

        if (bench.Adapter is IUpdateSource source)
            await InTimeAsync(source.CollectAsync(Window(bench.Clock.GetUtcNow().AddHours(-2), bench.Clock.GetUtcNow(), null), default), "Collecting");
    }

    /// <summary>Collects as the gateway does: what was kept is stored first and read after.</summary>
    private static async Task<UpdateBatch> CollectAsync(IUpdateSource source, string? cursor)
    {
        var documents = new TestDocuments();
        var window = Window(Morning.AddYears(-1), Morning.AddYears(1), cursor) with { Documents = documents };
        var collected = await InTimeAsync(source.CollectAsync(window, default), "Collecting");
        if (documents.Saved.Count == 0)
            return collected;

        var reader = Assert.IsAssignableFrom<IDocumentReader>(source);
        var updates = collected.Updates.ToList();
        foreach (var document in documents.Saved)
            updates.AddRange((await InTimeAsync(ReadAsync(reader, document), "Reading a document")).Select(e => e.Update).OfType<CouncilUpdate>());
        return collected with { Updates = updates };
    }

    private static async Task<List<DocumentEntry>> ReadAsync(IDocumentReader reader, Document document)
    {
        var entries = new List<DocumentEntry>();
        await foreach (var entry in reader.ReadAsync(document, default))
            entries.Add(entry);
        return entries;
    }

    private static UpdateWindow Window(DateTimeOffset start, DateTimeOffset end, string? cursor) =>
        new() { Start = start, End = end, Cursor = cursor, Documents = new TestDocuments() };
}
