using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>queue list|show|resend|edit|route|cancel|mark-sent|pause|resume</c>: what is not sent, why, and what to do about it.</summary>
internal static class QueueCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why; kept with the change.", Required = true };
    private static readonly Option<string> By = new("--by") { Description = "Who does it.", DefaultValueFactory = _ => Environment.UserName };
    private static readonly Option<string?> Council = new("--council") { Description = "The council's jurisdiction_id." };
    private static readonly Option<string?> BackEndName = new("--backend") { Description = "One of the council's back ends." };
    private static readonly Option<string?> Service = new("--service") { Description = "The code of one service." };
    private static readonly Argument<string> CouncilArgument = new("council") { Description = "The council's jurisdiction_id." };

    public static Command Create(CommandHost host) => new("queue", "What waits to be sent, and what to do about it.")
    {
        List(host), Show(host), Resend(host), Edit(host), Route(host), Cancel(host), MarkSent(host), Pause(host), Resume(host),
    };

    private static Command List(CommandHost host)
    {
        var state = new Option<DeliveryState?>("--state") { Description = "Only deliveries in this state." };
        var limit = new Option<int>("--limit") { Description = "The most to list.", DefaultValueFactory = _ => 50 };
        var byCause = new Option<bool>("--by-cause") { Description = "Count by what is the matter." };
        var command = new Command(
            "list", "List what is not sent, the oldest first; what is closed stands above it.") { Council, BackEndName, Service, state, limit, byCause, Json };
        command.SetAction(async (result, ct) =>
        {
            var queue = await host.WithDatabaseAsync<QueueQueries>(ct);
            var filter = new QueueFilter(result.GetValue(Council), result.GetValue(BackEndName), result.GetValue(Service), result.GetValue(state));
            if (!result.GetValue(Json))
                foreach (var suspension in await host.Get<SuspensionStore>().ListAsync(ct))
                    Console.WriteLine(
                        $"CLOSED since {Time(suspension.Since)} by {suspension.ByWhom}: {suspension.Council}, "
                            + $"{new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service)}. "
                            + $"{suspension.Reason}{(suspension.Until > 0 ? $" Until {Time(suspension.Until)}." : "")}"
                            + $"{(suspension.PerMinute > 0 ? $" {suspension.PerMinute} a minute go." : "")}");

            Table table;
            if (result.GetValue(byCause))
            {
                table = new Table("count", "council", "back end", "state", "oldest", "cause");
                foreach (var row in await queue.ByCauseAsync(filter, ct))
                    table.Add(row.Count.ToString(CultureInfo.InvariantCulture), row.Council, row.BackEnd, Word(row.State), Time(row.Oldest), row.Cause);
            }
            else
            {
                table = new Table("report", "delivery", "council", "back end", "kind", "state", "tries", "accepted", "due", "cause");
                foreach (var row in await queue.ListAsync(filter, result.GetValue(limit), ct))
                    table.Add(
                        row.Report, row.Id.ToString(CultureInfo.InvariantCulture), row.Council, row.BackEnd, row.Kind.ToString().ToLowerInvariant(),
                        Word(row.State) + (row.Hold == DeliveryHold.Paused ? ", paused" : row.Hold == DeliveryHold.WaitsForEarlier ? ", waits" : ""),
                        row.Tries.ToString(CultureInfo.InvariantCulture), Time(row.Created), Time(row.Due), row.Cause);
            }

            table.Print(result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "A report's id, as clients or the council's system know it, or a delivery's number." };
        var command = new Command("show", "Show what happened to a report, and why it is not sent.") { id, Json };
        command.SetAction(async (result, ct) =>
        {
            var queue = await host.WithDatabaseAsync<QueueQueries>(ct);
            var (target, problem) = await host.Get<IDatabase>().ReadAsync(db => DeliveryReference.FindAsync(db, result.GetValue(id)!), ct);
            if (target is null)
            {
                await Console.Error.WriteLineAsync(problem);
                return GatewayCommands.CheckFailed;
            }

            if (!result.GetValue(Json))
                Console.WriteLine(
                    $"{target.Name}, {target.Council} by way of {target.DestKey}, service {target.ServiceCode}: {await WhyAsync(host, target, ct)}");
            var table = new Table("when", "what", "who", "text");
            foreach (var entry in await queue.EventsAsync(target, ct))
                table.Add(Time(entry.At), entry.What, entry.Who, entry.Text);
            table.Print(result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Resend(CommandHost host)
    {
        var ids = new Argument<string[]>("ids") { Description = "Reports or deliveries.", Arity = ArgumentArity.ZeroOrMore };
        var maybe = new Option<bool>("--although-it-may-be-there") { Description = "Also where the council's system may have it already." };
        var held = new Option<bool>("--held") { Description = "Instead of ids: everything held, with --council, --backend and --service." };
        var failed = new Option<bool>("--failed") { Description = "Instead of ids: everything given up, likewise." };
        var command = new Command("resend", "Try again now.") { ids, maybe, held, failed, Council, BackEndName, Service, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            var all = result.GetValue(ids)!.ToList();
            foreach (var (asked, state) in new[] { (result.GetValue(held), DeliveryState.Held), (result.GetValue(failed), DeliveryState.Failed) })
                if (asked)
                    all.AddRange((await host.Get<QueueQueries>().IdsAsync(
                        new QueueFilter(result.GetValue(Council), result.GetValue(BackEndName), result.GetValue(Service), state), ct)).Select(
                            DeliveryReference.Number));
            return await EachAsync(all, one => actions.ResendAsync(one, result.GetValue(maybe), result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Edit(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The report." };
        var description = new Option<string?>("--description") { Description = "The new description." };
        var set = new Option<string[]>("--set") { Description = "An answer, as CODE=VALUE; may repeat.", DefaultValueFactory = _ => [] };
        var command = new Command("edit", "Correct a report and send it.") { id, description, set, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            if (result.GetValue(set)!.Any(s => s.IndexOf('=', StringComparison.Ordinal) < 1)
                || (result.GetValue(description) is null && result.GetValue(set)!.Length == 0))
            {
                await Console.Error.WriteLineAsync("Give --description, or --set CODE=VALUE, or both.");
                return GatewayCommands.UsageError;
            }

            var edit = await host.WithDatabaseAsync<ReportEdit>(ct);
            return await EachAsync(
                [result.GetValue(id)!],
                async one =>
                    await edit.RunAsync(
                        one, await host.CouncilsAsync(ct), r => ReportEdit.Change(r, result.GetValue(description), [.. result.GetValue(set)!.Select(Pair)]),
                        revision: null, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Route(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The report." };
        var to = new Argument<string>("back-end") { Description = "The back end to send it by." };
        var command = new Command("route", "Send one report by another back end.") { id, to, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            var (target, problem) = await host.Get<IDatabase>().ReadAsync(db => DeliveryReference.FindAsync(db, result.GetValue(id)!), ct);
            var backEnd = target is null ? null : (await host.CouncilsAsync(ct)).FindBackEnd(target.Council, result.GetValue(to)!);
            if (backEnd is null || !host.Get<Routes>().Takes(backEnd, target!.Owner))
            {
                await Console.Error.WriteLineAsync(
                    target is null ? problem : $"{result.GetValue(to)} is no back end of {target.Council} that can take this report.");
                return GatewayCommands.CheckFailed;
            }

            return await EachAsync([result.GetValue(id)!], one => actions.RouteAsync(one, backEnd, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Cancel(CommandHost host)
    {
        var ids = new Argument<string[]>("ids") { Description = "Reports or deliveries.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("cancel", "Do not send them at all.") { ids, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            return await EachAsync(result.GetValue(ids)!, one => actions.CancelAsync(one, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command MarkSent(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The report or delivery." };
        var external = new Option<string?>("--as") { Description = "The id that it has at the council's system." };
        var command = new Command("mark-sent", "It is at the council's system: somebody looked.") { id, external, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            var councils = await host.CouncilsAsync(ct);
            return await EachAsync(
                [result.GetValue(id)!],
                one => actions.MarkSentAsync(one, result.GetValue(external), councils.FindBackEnd, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Pause(CommandHost host)
    {
        var until = new Option<DateTimeOffset?>("--until") { Description = "When it ends by itself, such as 2026-12-01T08:00Z." };
        var command = new Command(
            "pause", "Send nothing for a council, a back end or a service; accept as before.") { CouncilArgument, BackEndName, Service, until, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var suspensions = await host.WithDatabaseAsync<SuspensionStore>(ct);
            if (await ScopeAsync(host, result) is not { } scope)
                return GatewayCommands.CheckFailed;
            if (result.GetValue(until) is { } end && end <= host.Get<TimeProvider>().GetUtcNow())
            {
                await Console.Error.WriteLineAsync("--until has passed already.");
                return GatewayCommands.UsageError;
            }

            var isNew = await suspensions.PauseAsync(scope, result.GetValue(Reason)!, result.GetValue(By)!, result.GetValue(until), ct);
            Console.WriteLine($"{scope.Council}, {scope}: {(isNew ? "paused" : "was paused already; the reason and the end are new")}.");
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Resume(CommandHost host)
    {
        var one = new Option<bool>("--one") { Description = "Let one through, and see." };
        var rate = new Option<int?>("--rate") { Description = "Let so many a minute through, until nothing waits." };
        var all = new Option<bool>("--all") { Description = "Open." };
        var reason = new Option<string>("--reason") { Description = "Why; kept with the change.", DefaultValueFactory = _ => "" };
        var command = new Command("resume", "Send again: one, so many a minute, or all.") { CouncilArgument, BackEndName, Service, one, rate, all, reason, By };
        command.SetAction(async (result, ct) =>
        {
            if (new[] { result.GetValue(one), result.GetValue(rate) is not null, result.GetValue(all) }.Count(x => x) > 1
                || result.GetValue(rate) is < 1 or > 100_000)
            {
                await Console.Error.WriteLineAsync("Give one of --one, --rate N (at least 1) and --all.");
                return GatewayCommands.UsageError;
            }

            var suspensions = await host.WithDatabaseAsync<SuspensionStore>(ct);
            var scope = new SuspensionScope(result.GetValue(CouncilArgument)!, result.GetValue(BackEndName) ?? "", result.GetValue(Service) ?? "");
            var how = new Resumption(!result.GetValue(one) && result.GetValue(rate) is null, result.GetValue(rate) ?? 0);
            if (await suspensions.ResumeAsync(scope, how, result.GetValue(By)!, result.GetValue(reason)!, ct))
            {
                Console.WriteLine($"{scope.Council}, {scope}: {how}.");
                return GatewayCommands.Success;
            }

            await Console.Error.WriteLineAsync($"{scope.Council}, {scope}: nothing of that is closed{(how.PerMinute > 0 ? " by an operator" : "")}.");
            return GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static (string Code, IReadOnlyList<string> Values) Pair(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is var at ? (text[..at], [text[(at + 1)..]]) : default;

    private static async Task<int> EachAsync(IReadOnlyList<string> ids, Func<string, Task<ActionOutcome>> action)
    {
        var refused = 0;
        foreach (var id in ids)
        {
            var result = await action(id);
            refused += result.Done ? 0 : 1;
            await (result.Done ? Console.Out : Console.Error).WriteLineAsync($"{id}: {result.Text}");
        }

        if (ids.Count != 1)
            Console.WriteLine($"{ids.Count - refused} done, {refused} not.");
        return refused == 0 ? GatewayCommands.Success : GatewayCommands.CheckFailed;
    }

    private static async Task<SuspensionScope?> ScopeAsync(CommandHost host, ParseResult result)
    {
        var scope = new SuspensionScope(result.GetValue(CouncilArgument)!, result.GetValue(BackEndName) ?? "", result.GetValue(Service) ?? "");
        var council = (await host.CouncilsAsync(default)).Find(scope.Council);
        var problem = council is null || council.JurisdictionId != scope.Council ? $"There is no council {scope.Council}."
            : scope.BackEnd.Length > 0 && !council.BackEnds.ContainsKey(scope.BackEnd)
                ? $"{scope.Council} has no back end {scope.BackEnd}; it has {string.Join(", ", council.BackEnds.Keys.Order(StringComparer.Ordinal))}."
            : null;
        if (problem is not null)
            await Console.Error.WriteLineAsync(problem);
        else if (scope.Service.Length > 0 && !await IsKnownAsync(host, council!, scope.Service))
            await Console.Error.WriteLineAsync(
                $"Mind: the file of {scope.Council} does not name a service {scope.Service}, and no report of it was ever accepted.");
        return problem is null ? scope : null;
    }

    /// <summary>Whether a service's code is one that the council's file or any report has; a catalogue is not asked for by a command.</summary>
    private static async Task<bool> IsKnownAsync(CommandHost host, Council council, string code) =>
        council.Services.Any(s => s.Code == code)
        || await host.Get<QueueQueries>().HasHadAsync(council.JurisdictionId, code, default);

    private static async Task<string> WhyAsync(CommandHost host, DeliveryReference target, CancellationToken ct)
    {
        var suspension = (await host.Get<SuspensionStore>().ListAsync(ct)).Find(
            c => c.Covers(target.Council, target.DestKey) && (c.Service.Length == 0 || c.Service == target.ServiceCode));
        var waits = target.State is DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Unknown;
        return waits && suspension is not null
            ? $"{Word(target.State)}; closed by {suspension.ByWhom} since {Time(suspension.Since)}: {suspension.Reason}"
            : $"{Word(target.State)} after {target.Tries} {(target.Tries == 1 ? "try" : "tries")}.{(target.Cause.Length > 0 ? $" {target.Cause}" : "")}";
    }

    private static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();

    private static string Time(long ms) => UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
