using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace PluginGateway.Contracts.Testing;

/// <summary>
/// What every adapter must hold to. Derive a test class from it, give it the plug-in, its settings and a simulator of the back end, and run it
/// with the adapter's own tests. A capability that the adapter does not have is skipped.
/// </summary>
public abstract partial class AdapterConformance
{
    /// <summary>Longer than anything in memory takes: what is not done by then hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The settings of a back end at <see cref="BackEndSimulator.Address"/>, as the council file writes them.</summary>
    protected abstract string Settings { get; }

    /// <summary>The council's time zone.</summary>
    protected virtual TimeZoneInfo TimeZone => TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>Makes the plug-in, as the gateway does.</summary>
    /// <returns>A new instance.</returns>
    protected abstract IAdapterPlugin CreatePlugin();

    /// <summary>Makes the back end, with nothing created yet.</summary>
    /// <returns>A new simulator.</returns>
    protected abstract BackEndSimulator CreateBackEnd();

    /// <summary>A report that the back end takes. Override it when a report needs more than the answers to the service's required questions.</summary>
    /// <param name="service">One of the adapter's services; a plain one when it publishes none.</param>
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
            throw new TimeoutException($"{what} did not end.", e);
        }
    }

    private Bench NewBench(TestState? state = null, BackEndSimulator? backEnd = null) => new(this, state ?? new TestState(), backEnd ?? CreateBackEnd());

    /// <summary>One adapter with everything around it.</summary>
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
            var services = Adapter is IServiceCatalogue catalogue ? await InTimeAsync(catalogue.GetServicesAsync(default), "The catalogue") : [];
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
