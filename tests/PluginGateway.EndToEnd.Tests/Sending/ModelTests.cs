using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Compares random sequences of actions of clients, the back end, operators and time with a small model of the result: each accepted
/// content that was not replaced is delivered once, and no delivery waits forever. <c>GATEWAY_SEQUENCES=300</c> runs more.
/// </summary>
public sealed class ModelTests
{
    private const int Length = 25;

    private static readonly int Sequences = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SEQUENCES"), CultureInfo.InvariantCulture, out var asked)
        ? asked
        : 12;

    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SEED"), CultureInfo.InvariantCulture, out var seed)
        ? seed
        : 20261122;

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (10, from reference in Gen.Choose(0, 4)
             from content in Gen.Choose(0, 2)
             from service in Gen.Elements("BIN", "LAMP")
             select (Step)new Step.Accept(reference, content, service)),
        (3, from reference in Gen.Choose(0, 4) select (Step)new Step.Update(reference)),
        (4, from behaviour in Gen.Elements(
            Behaviour.Works, Behaviour.Down, Behaviour.LosesAnswers, Behaviour.Rejects, Behaviour.WrongSettings, Behaviour.SlowDown)
            select (Step)new Step.SetBehaviour(behaviour)),
        (4, from seconds in Gen.Elements(1, 35, 130, 700, 4_000) select (Step)new Step.Pass(seconds)),
        (2, from service in Gen.Elements("", "BIN") select (Step)new Step.Pause(service)),
        (2, from service in Gen.Elements("", "BIN") from how in Gen.Elements(0, 1, 60) select (Step)new Step.Resume(service, how)),
        (2, from backEnd in Gen.Elements("main", "spare") select (Step)new Step.Route(backEnd)),
        (1, Gen.Constant((Step)new Step.Resend())),
        (1, from reference in Gen.Choose(0, 4) select (Step)new Step.Cancel(reference)),
        (1, Gen.Constant((Step)new Step.Restart())));

    [Fact]
    public async Task Random_sequences_of_actions_match_the_model()
    {
        var runs = 0;
        foreach (var (steps, n) in Gen.ListOf(Steps, Length).Sample(Sequences, new Rnd(Seed, 7), Length).Select((s, n) => (s.ToList(), n)))
        {
            await using var run = new Run();
            try
            {
                await run.StartAsync();
                foreach (var step in steps)
                    await run.DoAsync(step);
                await run.RecoverAsync();
                runs++;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"Sequence {n}: {string.Join("; ", steps)}\n{await run.StateAsync()}\n{e.Message}", e);
            }
        }

        Assert.Equal(Sequences, runs);
    }

    private enum Behaviour
    {
        Works,
        Down,
        LosesAnswers,
        Rejects,
        WrongSettings,
        SlowDown,
    }

    private abstract record Step
    {
        public sealed record Accept(int Reference, int Content, string Service) : Step;

        public sealed record Update(int Reference) : Step;

        public sealed record SetBehaviour(Behaviour Behaviour) : Step;

        public sealed record Pass(int Seconds) : Step;

        public sealed record Pause(string Service) : Step;

        public sealed record Resume(string Service, int How) : Step;

        public sealed record Route(string BackEnd) : Step;

        public sealed record Resend : Step;

        public sealed record Cancel(int Reference) : Step;

        public sealed record Restart : Step;
    }

    private sealed class Run : IAsyncDisposable
    {
        private static readonly TimeSpan MaxStep = TimeSpan.FromSeconds(50);

        private readonly FakeTimeProvider _clock = new(Some.Time);
        private readonly Dictionary<int, (string Content, string Id)> _latest = [];
        private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);
        private readonly HashSet<int> _cancelled = [];
        private readonly HashSet<string> _updates = new(StringComparer.Ordinal);
        private StubOpen311 _council = null!;
        private GatewayApp _gateway = null!;
        private Behaviour _behaviour;

        public async Task StartAsync()
        {
            _council = await StubOpen311.StartAsync();
            _council.BeforeCreate = (http, _) => ActAsync(http, before: true);
            _council.BeforeAnswer = (http, _) => ActAsync(http, before: false);
            _gateway = new GatewayApp("--Sending:CacheFor=00:00:00").Clock(_clock);
            Built.Drop("Open311", _gateway.Plugins);
            await _gateway.Council("c", $$"""
                { "jurisdictionId": "c", "name": "C", "catalogue": [],
                  "backends": { "main": { "adapter": "open311", "repeat": "both", "settings": { "endpoint": "{{_council.Endpoint}}", "apiKey": "k" } }, "spare": { "adapter": "blackhole" } },
                  "services": [ { "code": "BIN", "name": "Bin", "backend": "main" }, { "code": "LAMP", "name": "Lamp", "backend": "main" } ] }
                """).StartAsync();
        }

        public async Task DoAsync(Step step)
        {
            var suspensions = _gateway.Get<SuspensionStore>();
            switch (step)
            {
                case Step.Accept accept:
                    await AcceptAsync(accept);
                    break;
                case Step.Update update when _latest.TryGetValue(update.Reference, out var report):
                    var id = $"u{_updates.Count}";
                    Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(
                        "servicerequestupdates.xml", "c", ("service_request_id", report.Id), ("update_id", id), ("status", "OPEN"),
                        ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", id))).Status);
                    _updates.Add(id);
                    break;
                case Step.SetBehaviour change:
                    _behaviour = change.Behaviour;
                    break;
                case Step.Pass pass:
                    await AdvanceAsync(TimeSpan.FromSeconds(pass.Seconds));
                    break;
                case Step.Pause pause:
                    await suspensions.PauseAsync(new SuspensionScope("c", "", pause.Service), "model", "op", null, default);
                    break;
                case Step.Resume resume:
                    await suspensions.ResumeAsync(
                        new SuspensionScope("c", "", resume.Service), new Resumption(resume.How == 0, resume.How == 60 ? 60 : 0), "op", "model", default);
                    break;
                case Step.Route route:
                    var councils = _gateway.Get<PluginGateway.Core.Catalogues.CouncilDirectory>().Current;
                    await _gateway.Get<RouteActions>()
                        .SetAsync(councils.Find("c")!, "", councils.FindBackEnd("c", route.BackEnd)!, anyService: true, "op", "model", default);
                    break;
                case Step.Resend:
                    await ResendAsync();
                    break;
                case Step.Cancel cancel when _latest.TryGetValue(cancel.Reference, out var report):
                    if ((await _gateway.Get<ReportActions>().CancelAsync(report.Id, "op", "model", default)).Done)
                        _cancelled.Add(cancel.Reference);
                    break;
                case Step.Restart:
                    await _gateway.StopAsync();
                    await _gateway.StartAsync();
                    break;
            }

            await SettleAsync();
            await CheckAsync();
        }

        /// <summary>Removes all faults and advances the clock until everything that can be delivered has been.</summary>
        public async Task RecoverAsync()
        {
            _behaviour = Behaviour.Works;
            foreach (var suspension in await _gateway.Get<SuspensionStore>().ListAsync(default))
                await _gateway.Get<SuspensionStore>()
                    .ResumeAsync(
                        new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service), new Resumption(All: true, 0), "op", "recovered",
                        default);
            for (var i = 0; i < 300 && await OpenAsync() > 0; i++)
            {
                await ResendAsync();
                await AdvanceAsync(TimeSpan.FromMinutes(5));
                await SettleAsync();
            }

            Assert.Equal(0, await OpenAsync());
            Assert.Equal(
                0, await _gateway.ReadAsync<long>(
                    "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE kind = 1 AND state = 2 GROUP BY report_id, revision HAVING COUNT(*) > 1) x"));
            var spare = await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE dest_key = 'spare'") > 0;
            var posted = _council.Posts.Select(p => p["description"].ToString()).ToHashSet(StringComparer.Ordinal);
            Assert.Subset(_accepted, posted);
            foreach (var (reference, latest) in _latest)
                Assert.True(spare || _cancelled.Contains(reference) || posted.Contains(latest.Content), $"{latest.Content} was not delivered");
            Assert.Equal(_updates.Count, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM client_update"));
            Assert.Equal(_council.Updates.Count, _council.Updates.Select(u => u["update_id"].ToString()).Distinct(StringComparer.Ordinal).Count());
        }

        public async Task<string> StateAsync() => string.Join('\n', await _gateway.ListAsync<string>(
            """
            SELECT CONCAT(d.id, ' of ', d.report_id, ' revision ', d.revision, ' kind ', d.kind, ' state ', d.state, ' hold ', d.hold, ' after ', d.after_id,
                ' may_have_been_delivered ', d.may_have_been_delivered, ' ', d.dest_key, ' ', d.cause) FROM delivery d ORDER BY d.id
            """));

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            await _council.DisposeAsync();
        }

        private async Task AcceptAsync(Step.Accept step)
        {
            var content = $"{step.Service} of {step.Reference}: {step.Content}";
            var answer = await _gateway.PostAsync("c", Some.Report(step.Service, reference: $"{step.Reference}", description: content));
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            if (_latest.TryGetValue(step.Reference, out var before) && before.Content == content)
                Assert.Equal(before.Id, answer.Id);
            else
                _cancelled.Remove(step.Reference);
            _latest[step.Reference] = (content, answer.Id);
            _accepted.Add(content);
        }

        private async Task ResendAsync()
        {
            foreach (var state in new[] { DeliveryState.Held, DeliveryState.Failed })
                foreach (var id in await _gateway.Get<QueueQueries>().IdsAsync(new QueueFilter("c", null, null, state), default))
                    await _gateway.Get<ReportActions>().ResendAsync(id.ToString(CultureInfo.InvariantCulture), evenIfDelivered: true, "op", "model", default);
        }

        private async Task ActAsync(HttpContext http, bool before)
        {
            switch (_behaviour)
            {
                case Behaviour.Down when before:
                    http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    break;
                case Behaviour.SlowDown when before:
                    http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                    break;
                case Behaviour.WrongSettings when before:
                    http.Response.StatusCode = StatusCodes.Status403Forbidden;
                    break;
                case Behaviour.Rejects when before:
                    http.Response.StatusCode = StatusCodes.Status400BadRequest;
                    await http.Response.WriteAsync("<errors><error><code>400</code><description>No.</description></error></errors>");
                    break;
                case Behaviour.LosesAnswers when !before:
                    http.Abort();
                    break;
            }
        }

        private Task<long> OpenAsync() => _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state NOT IN (2, 7)");

        /// <summary>Lets the lanes poll, and waits for what they started.</summary>
        private async Task SettleAsync()
        {
            for (var i = 0; i < 3; i++)
                await StepAsync(TimeSpan.FromSeconds(1));
        }

        /// <summary>Advances the clock in steps shorter than the time limit of a call, so that no running call times out because of a jump.</summary>
        private async Task AdvanceAsync(TimeSpan time)
        {
            for (var left = time; left > TimeSpan.Zero; left -= MaxStep)
                await StepAsync(left < MaxStep ? left : MaxStep);
        }

        private async Task StepAsync(TimeSpan time)
        {
            using var turn = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            _clock.Advance(time);
            await turn.WaitForNextTickAsync();
            await Eventually.TrueAsync(
                async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 1") == 0, "nothing is being sent");
        }

        /// <summary>
        /// Asserts that no delivery waits forever: each open one has a due time, an active pause, or an earlier delivery that is open or
        /// held.
        /// </summary>
        private async Task CheckAsync() => Assert.Equal(0, await _gateway.ReadAsync<long>(
            """
            SELECT COUNT(*) FROM delivery d JOIN lane l ON l.id = d.lane_id WHERE d.state IN (0, 1, 3, 4)
                AND NOT (d.hold = 0 AND (d.state <> 1 OR d.lease_until > 0))
                AND NOT (d.hold = 1 AND EXISTS (SELECT 1 FROM suspension c JOIN report r ON r.id = d.report_id WHERE c.ended = 0 AND c.council = l.council AND c.service = r.service_code))
                AND NOT (d.hold = 2 AND (EXISTS (SELECT 1 FROM delivery a WHERE a.id = d.after_id AND a.state NOT IN (2, 7))
                    OR EXISTS (SELECT 1 FROM delivery b WHERE b.report_id = d.report_id AND b.kind = 3 AND b.id < d.id AND b.state IN (0, 1, 3, 4))))
            """));
    }
}
