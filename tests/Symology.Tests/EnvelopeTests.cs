using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using Symology.Simulator;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>
/// Compares the bytes of every operation with the files in <c>Golden</c>; the simulator, which rejects any other order or type, must accept
/// them. To approve a change, copy the file named by the failing test over the stored one.
/// </summary>
public sealed class EnvelopeTests
{
    private static readonly DateTimeOffset Winter = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Sample> Reports = new(StringComparer.Ordinal)
    {
        ["plain"] = new("KERB") { Edit = Bexley.Open },
        ["pothole-p1"] = new("POTH", ("depth", "deep"), ("position", "carriageway"), ("NSGRef", "10101010"), ("UnitID", "U-77"), ("area_code", "E05000064")),
        ["pothole-p1-without-login"] = new("POTH", ("depth", "deep"), ("position", "carriageway"), ("NSGRef", "10101010")) { Edit = Bexley.Open },
        ["summer-midnight"] = new("KERB") { Now = new DateTimeOffset(2026, 6, 23, 23, 1, 30, TimeSpan.Zero) },
        ["photos"] = new("GULLY", ("flooding", "road"), ("report_url", "https://www.fixmystreet.example/report/4711"))
        {
            Change = r =>
                r with { MediaUrls = [.. Enumerable.Range(1, 4).Select(i => new Uri($"https://www.fixmystreet.example/photo/4711.{i}.full.jpeg?a=1&b=2"))] },
        },
        ["contributed-by-staff"] = new(
            "LAMP", ("fault", "out"), ("several", "yes"), ("contributed_by", "officer@bexley.example"), ("private_comments", "Caller was <upset> & loud"))
        {
            Change = r => r with { MediaUrls = [new Uri("https://www.fixmystreet.example/photo/1.jpeg")] },
        },
        ["several-answers"] = new("FLYTIP")
        {
            Change = r =>
                r with
                {
                    Answers = [.. r.Answers, new ReportAnswer { Code = "kind", Values = ["bags", "chemical"] },
                        new ReportAnswer { Code = "load", Values = [" 2.5e1 "] }],
                },
        },
        ["prefix"] = new("PAVE", ("trip", "yes"), ("near", "school")) { Edit = s => s["externalIdPrefix"] = "FMS-" },
        ["optional-fields"] = new("SIGN", ("RegionSite", "SIDCUP"), ("UnitID", "0"), ("NSGRef", "")),
        ["or-and-not"] = new("OBST", ("blocked", "part"), ("what", "A fallen Tree"), ("note", "must not be seen")),
        ["numbers"] = new("POTH", ("depth", "golf"), ("position", "edge"), ("size", "120.5")),
        ["later-rules-win"] = new("BOLLARD", ("lit", "yes")),
        ["pin-only"] = new("TREE", ("trouble", "root"))
        {
            Change = r => r with { Answers = [.. r.Answers.Where(a => a.Code is not ("easting" or "northing"))] },
        },
        ["letters"] = new("LITTER")
        {
            Change = r =>
                r with
                {
                    Description = "Ünïcode 🕳, <b>&amp;</b> \"quotes\"\r\nnext line\u0007\u0000\tend]]>",
                    Reporter = new Reporter { FirstName = "Zoë", LastName = "O'Neill & Sons" },
                },
        },
        ["address-and-answers"] = new("GRAFFITI", ("offensive", "yes"), ("zz_code", "last"), ("AA", "first"))
        {
            Change = r =>
                r with
                {
                    Location = r.Location with { Address = "12 Broadway, DA6" },
                    Answers = [.. r.Answers, new ReportAnswer { Code = "many", Values = ["a", "b"] }],
                },
        },
        ["changed-content"] = new("KERB") { Change = r => r with { Revision = 2, EarlierIds = ["560250"] } },
        ["without-reference"] = new("FLOOD") { Change = r => r with { Reference = null, Reporter = new Reporter() } },
    };

    private static readonly Dictionary<string, Func<ClientUpdate, ClientUpdate>> Updates = new(StringComparer.Ordinal)
    {
        ["update-open"] = u => u,
        ["update-closed"] = u => u with { Status = "NO_FURTHER_ACTION" },
        ["update-lamp-fixed"] = u =>
            u with { Status = "FIXED", ServiceCode = "LAMP", Reference = "4711", ExtraArguments = [new ReportAnswer { Code = "nsg_ref", Values = ["20202020"] }] },
        ["update-photos"] = u => u with
        {
            MediaUrls = [new Uri("https://www.fixmystreet.example/photo/c1.jpeg"), new Uri("https://www.fixmystreet.example/photo/c2.jpeg")],
            ExtraArguments = [new ReportAnswer { Code = "nsg_ref", Values = ["99999999"] }],
        },
    };

    public static TheoryData<string> ReportNames => [.. Reports.Keys];

    public static TheoryData<string, bool> UpdateNames => [.. Updates.Keys.SelectMany(k => new[] { (k, true), (k, false) })];

    [Theory]
    [MemberData(nameof(ReportNames))]
    public async Task Report_envelope_matches_the_stored_file(string name)
    {
        var sample = Reports[name];
        var (adapter, wire, service) = Start(sample.Edit, sample.Now);
        var request = Request(adapter, sample);

        var submission = await ((IRequestSender)adapter).SubmitAsync(request, new TestAttempt(sample.Now), default);

        Assert.Equal("560250", submission.BackEndId);
        Assert.Single(service.Cases);
        AssertGolden($"create-{name}", Assert.Single(wire.Sent));
    }

    [Theory]
    [MemberData(nameof(UpdateNames))]
    public async Task Update_envelope_matches_the_stored_file(string name, bool login)
    {
        var (adapter, wire, service) = Start(login ? null : Bexley.Open, Winter);
        var update = Updates[name](
            new ClientUpdate
            {
                UpdateId = "9001",
                BackEndId = "560250",
                Status = "OPEN",
                Description = "It is <worse>",
                UpdatedAt = Winter,
                ServiceCode = "KERB",
            });
        await ((IRequestSender)adapter).SubmitAsync(Request(adapter, new Sample(update.ServiceCode!, ("fault", "out"))), new TestAttempt(Winter), default);
        wire.Sent.Clear();

        var submission = await ((IUpdateSender)adapter).SubmitUpdateAsync(update, new TestAttempt(Winter), default);

        Assert.Equal("9001", submission.BackEndId);
        Assert.Single(service.Cases.Single().Events);
        AssertGolden($"{name}{(login ? "" : "-without-login")}", Assert.Single(wire.Sent));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Search_envelope_matches_the_stored_file(bool login)
    {
        var (adapter, wire, _) = Start(login ? null : Bexley.Open, Winter);

        Assert.Equal(
            LookupOutcome.Absent,
            (await ((ISubmissionFinder)adapter).FindAsync(Request(adapter, new Sample("KERB")), new TestAttempt(Winter), default)).Outcome);

        AssertGolden($"find{(login ? "" : "-without-login")}", Assert.Single(wire.Sent));
    }

    [Fact]
    public async Task Preview_matches_the_sent_envelope_except_the_password()
    {
        var (adapter, wire, _) = Start(null, Winter);
        var request = Request(adapter, Reports["pothole-p1"]) with { ReceivedAt = Winter };
        await ((IRequestSender)adapter).SubmitAsync(request, new TestAttempt(Winter), default);

        var plan = ((IRequestPlanner)adapter).Plan(request);

        Assert.DoesNotContain("secret", plan.Preview, StringComparison.Ordinal);
        var sent = Encoding.UTF8.GetString(wire.Sent.Single().Body).Replace(">secret<", ">…<", StringComparison.Ordinal);
        Assert.Equal(System.Xml.Linq.XDocument.Parse(sent).ToString(), System.Xml.Linq.XDocument.Parse(plan.Preview!).ToString());
    }

    private static (ICouncilAdapter Adapter, InProcessSymology Wire, SymologyService Service) Start(Action<JsonObject>? edit, DateTimeOffset now)
    {
        var clock = new FakeTimeProvider(now);
        var settings = Bexley.Settings(edit);
        var service = new SymologyService(clock) { Login = settings.ContainsKey("endpointUsername") ? ("gateway", "secret") : null };
        var wire = new InProcessSymology(service);
        return (Bexley.Adapter(settings, clock, wire), wire, service);
    }

    private static ServiceRequest Request(ICouncilAdapter adapter, Sample sample)
    {
        var request = new ServiceRequest
        {
            Id = "PG0AM28GC4RG080",
            Reference = "4711",
            Service = Bexley.Service(adapter, sample.Code),
            Description = "By the gate\n\nA deep one",
            Location = new ReportLocation { Latitude = 51.466707, Longitude = 0.181108 },
            Reporter = new Reporter { FirstName = "Jo", LastName = "Bloggs", Email = "jo@example.org", Phone = "020 7946 0000" },
            Answers = [new ReportAnswer { Code = "easting", Values = ["551543.5"] }, new ReportAnswer { Code = "northing", Values = ["176123.9"] },
                new ReportAnswer { Code = "fixmystreet_id", Values = ["4711"] },
                .. sample.Answers.Select(a => new ReportAnswer { Code = a.Code, Values = [a.Value] })],
            ReceivedAt = sample.Now,
        };
        return sample.Change(request);
    }

    private static void AssertGolden(string name, (string Headers, byte[] Body) sent)
    {
        var actual = sent.Headers + Encoding.UTF8.GetString(sent.Body);
        var stored = Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.txt");
        if (File.Exists(stored) && File.ReadAllText(stored) == actual)
            return;

        var received = Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.received.txt");
        File.WriteAllText(received, actual);
        Assert.Fail($"{name} differs from the stored file. The actual content is in {received}.");
    }

    private sealed record Sample(string Code, params (string Code, string Value)[] Answers)
    {
        public Action<JsonObject>? Edit { get; init; }

        public DateTimeOffset Now { get; init; } = Winter;

        public Func<ServiceRequest, ServiceRequest> Change { get; init; } = static r => r;
    }
}
