using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace PluginGateway.Contracts.Testing;

/// <summary>
/// The conformance tests that every adapter must pass. Derive a test class from it, supply the plug-in, its settings and a simulator of the
/// back end, and run it with the adapter's other tests. Tests of capabilities that the adapter does not have are skipped.
/// </summary>
public abstract partial class AdapterConformance
{
    /// <summary>The time limit of a call. Everything runs in memory, so a call that takes longer hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The settings of a back end at <see cref="BackEndSimulator.Address"/>: a JSON object, as in a council file.</summary>
    protected abstract string Settings { get; }

    /// <summary>The council's time zone; Europe/London unless overridden.</summary>
    protected virtual TimeZoneInfo TimeZone => TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>Creates the plug-in, as the gateway does.</summary>
    /// <returns>A new instance.</returns>
    protected abstract IAdapterPlugin CreatePlugin();

    /// <summary>Creates a back end without any cases.</summary>
    /// <returns>A new simulator.</returns>
    protected abstract BackEndSimulator CreateBackEnd();

    /// <summary>
    /// Creates a report that the back end accepts. Override it when a report needs more than the answers to the service's required questions.
    /// </summary>
    /// <param name="service">The adapter's first service; a service without questions if it publishes none.</param>
    /// <returns>The report.</returns>
    protected virtual ServiceRequest CreateRequest(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new ServiceRequest
        {
            Id = "PG0000000000001",
            Reference = "4711",
            Service = service,
            Description = "A hole in the road <b>&</b> a missed bin\nin front of number 5",
            Location = new ReportLocation { Latitude = 51.5, Longitude = -0.1, Address = "5 High Street" },
            Reporter = new Reporter { FirstName = "Ann", LastName = "O'Neill", Email = "ann@example.org", Phone = "020 7946 0000" },
            Answers = [.. service.Attributes.Where(a => a.Required && a.Variable).Select(Answer)],
            ReceivedAt = Morning,
        };
    }

    private static ReportAnswer Answer(ServiceAttribute attribute) =>
        new() { Code = attribute.Code, Values = [attribute.Values is [var first, ..] ? first.Key : attribute.Type == AttributeType.Number ? "1" : "test"] };

    private static async Task<T> InTimeAsync<T>(Task<T> work, string what)
    {
        try
        {
            return await work.WaitAsync(Patience);
        }
        catch (TimeoutException e) when (!work.IsCompleted)
        {
            throw new TimeoutException($"{what} did not end in time.", e);
        }
    }

    private Bench NewBench(TestState? state = null, BackEndSimulator? backEnd = null) => new(this, state ?? new TestState(), backEnd ?? CreateBackEnd());

    /// <summary>An adapter with its context and a simulated back end.</summary>
    private sealed class Bench
    {
        public Bench(AdapterConformance test, TestState state, BackEndSimulator backEnd)
        {
            (BackEnd, State, Clock) = (backEnd, state, new FakeTimeProvider(Morning));
            Proxy = new FaultProxy(backEnd);
            Plugin = test.CreatePlugin();
            Context = test.NewContext(Proxy, state, Clock, test.Settings);
            Adapter = Plugin.Create(Context);
            Test = test;
        }

        public AdapterConformance Test { get; }

        public BackEndSimulator BackEnd { get; }

        public FaultProxy Proxy { get; }

        public TestState State { get; }

        public FakeTimeProvider Clock { get; }

        public IAdapterPlugin Plugin { get; }

        public AdapterContext Context { get; }

        public ICouncilAdapter Adapter { get; }

        public async Task<ServiceRequest> RequestAsync()
        {
            var services = Adapter is IServiceCatalogue catalogue ? await InTimeAsync(catalogue.GetServicesAsync(default), "Reading the catalogue") : [];
            return Test.CreateRequest(services is [var first, ..] ? first : new Service { Code = "POTHOLE", Name = "Pothole" });
        }

        public T Needs<T>()
            where T : class, ICouncilAdapter
        {
            Assert.SkipUnless(Adapter is T, $"the adapter has no {typeof(T).Name}");
            return (T)Adapter;
        }
    }

    private AdapterContext NewContext(HttpMessageHandler http, IAdapterState state, TimeProvider clock, string settings) => new()
    {
        Council = "test",
        CouncilName = "Test Council",
        BackEnd = "test",
        Settings = JsonElement.Parse(settings),
        Http = new HttpClient(http, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
        Logger = NullLogger.Instance,
        Time = clock,
        TimeZone = TimeZone,
        State = state,
        Attachments = new TestAttachments(),
    };
}
