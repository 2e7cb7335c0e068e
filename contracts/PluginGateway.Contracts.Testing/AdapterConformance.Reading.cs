namespace PluginGateway.Contracts.Testing;

// The descriptor, settings, the catalogue, planning and updates.
public abstract partial class AdapterConformance
{
    /// <summary>Checks that the descriptor has a title, is the same on each call, and that describing performs no I/O.</summary>
    [Fact]
    public void Describe_returns_the_same_descriptor_without_io()
    {
        var bench = NewBench();
        var (first, second) = (bench.Plugin.Describe(), bench.Plugin.Describe());

        Assert.False(string.IsNullOrWhiteSpace(first.Title), "AdapterDescriptor.Title is empty.");
        Assert.Equal(
            (first.Title, first.Idempotency, first.MarksCommit, first.AnyService, first.AttachmentSupport),
            (second.Title, second.Idempotency, second.MarksCommit, second.AnyService, second.AttachmentSupport));
        Assert.Equal(0, bench.Proxy.Calls);
    }

    /// <summary>Checks that an unknown setting is an error with its JSON path, and that no adapter is created.</summary>
    [Fact]
    public void Create_with_an_unknown_setting_reports_its_path()
    {
        var bench = NewBench();
        var settings = Settings.TrimEnd()[..^1].TrimEnd();
        var context = NewContext(bench.Proxy, bench.State, bench.Clock, $"{settings}{(settings.EndsWith('{') ? "" : ",")} \"noSuchSetting\": 1 }}");

        var e = Assert.Throws<AdapterException>(() => CreatePlugin().Create(context));

        Assert.Contains(e.Errors, m => m.Path == "$.noSuchSetting");
        Assert.Equal(0, bench.Proxy.Calls);
    }

    /// <summary>
    /// Checks that each service has a name and a unique code, that its attribute codes are unique, and that a second call returns the same
    /// services in the same order.
    /// </summary>
    [Fact]
    public async Task GetServices_returns_valid_services_in_a_stable_order()
    {
        var bench = NewBench();
        var catalogue = bench.Needs<IServiceCatalogue>();
        var first = await InTimeAsync(catalogue.GetServicesAsync(default), "Reading the catalogue");
        var second = await InTimeAsync(((IServiceCatalogue)NewBench(backEnd: bench.BackEnd).Adapter).GetServicesAsync(default), "Reading the catalogue");

        Assert.NotEmpty(first);
        Assert.All(first, s => Assert.False(string.IsNullOrWhiteSpace(s.Code) || string.IsNullOrWhiteSpace(s.Name), "A service has no code or no name."));
        Assert.Equal(first.Count, first.Select(s => s.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.All(first, s => Assert.Equal(s.Attributes.Count, s.Attributes.Select(a => a.Code).Distinct(StringComparer.Ordinal).Count()));
        Assert.Equal(first.Select(s => s.Code), second.Select(s => s.Code));
    }

    /// <summary>
    /// Checks that every entry of a list is read, whether the list has one entry or several: many formats write a single entry differently.
    /// </summary>
    /// <param name="entries">The number of entries in the back end's lists.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Reading_a_list_returns_every_entry(int entries)
    {
        var bench = NewBench();
        bench.BackEnd.Entries = entries;
        var readsCatalogue = bench.Adapter is IServiceCatalogue && !bench.Plugin.Describe().CatalogueInSettings;
        Assert.SkipUnless(readsCatalogue || bench.Adapter is IUpdateSource, "the adapter reads no lists");

        if (readsCatalogue && bench.Adapter is IServiceCatalogue catalogue)
            Assert.Equal(entries, (await InTimeAsync(catalogue.GetServicesAsync(default), "Reading the catalogue")).Count);
        if (bench.Adapter is IUpdateSource source)
            Assert.Equal(entries, (await CollectAsync(source, null)).Updates.Count);
    }

    /// <summary>Checks that a catalogue that cannot be read completely is an error, never a shorter list.</summary>
    /// <param name="fault">The fault that occurs in the last of its calls.</param>
    [Theory]
    [InlineData(BackEndFault.ErrorPage)]
    [InlineData(BackEndFault.ServerError)]
    [InlineData(BackEndFault.TruncatedBody)]
    [InlineData(BackEndFault.TooManyRequests)]
    [InlineData(BackEndFault.Refused)]
    public async Task GetServices_is_never_silently_incomplete(BackEndFault fault)
    {
        var bench = NewBench();
        bench.Needs<IServiceCatalogue>();
        var all = await ((IServiceCatalogue)bench.Adapter).GetServicesAsync(default);
        Assert.SkipWhen(bench.Proxy.Calls == 0, "reading the catalogue makes no calls");
        var last = bench.Proxy.Calls;

        var broken = NewBench();
        (broken.Proxy.Fault, broken.Proxy.When) = (fault, (_, number) => number == last);
        IReadOnlyList<Service> read = [];
        var e = await Record.ExceptionAsync(
            async () => read = await InTimeAsync(((IServiceCatalogue)broken.Adapter).GetServicesAsync(default), "Reading the catalogue"));

        if (e is not null)
        {
            AssertClassified(e, fault);
            return;
        }

        Assert.Equal(all.Select(s => s.Code), read.Select(s => s.Code));
        Assert.True(
            read.Any(s => s.AttributesProblem is not null),
            "A call of GetServicesAsync failed, but it neither threw an AdapterException nor set AttributesProblem of the service concerned.");
    }

    /// <summary>Checks that the plan depends only on the report, not on the time, and that planning performs no I/O.</summary>
    [Fact]
    public async Task Plan_depends_only_on_the_report()
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

    /// <summary>Checks that the ids of updates are unique, and that the same update has the same id each time it is collected.</summary>
    [Fact]
    public async Task Collect_returns_stable_update_ids()
    {
        var bench = NewBench();
        var source = bench.Needs<IUpdateSource>();
        var first = await CollectAsync(source, null);
        var second = await CollectAsync((IUpdateSource)NewBench(backEnd: bench.BackEnd).Adapter, null);

        Assert.Equal(first.Updates.Select(u => u.UpdateId), second.Updates.Select(u => u.UpdateId));
        Assert.Equal(first.Updates.Count, first.Updates.Select(u => u.UpdateId).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Checks that a collection that continues from the previous cursor returns every update that was added since, so that none is lost.</summary>
    [Fact]
    public async Task Collect_from_the_previous_cursor_misses_no_update()
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

    /// <summary>
    /// Checks that the adapter plans, sends and collects correctly around the start and end of daylight saving time, when one local hour is
    /// skipped and another occurs twice.
    /// </summary>
    /// <param name="time">A time (UTC) close to a clock change in Europe.</param>
    [Theory]
    [InlineData("2026-03-29T00:59:59Z")]
    [InlineData("2026-03-29T01:00:01Z")]
    [InlineData("2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T01:30:00Z")]
    public async Task Plan_submit_and_collect_work_around_clock_changes(string time)
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

    /// <summary>Collects updates as the gateway does: documents are stored first and read afterwards.</summary>
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
