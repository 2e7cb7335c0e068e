using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>queue list|show|resend|edit|route|cancel|mark-sent|pause|resume</c>: shows what has not been sent and why, and acts on it.</summary>
internal static class QueueCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON." };
    private static readonly Option<string> Reason = new("--reason") { Description = "The reason, which is recorded with the change.", Required = true };
    private static readonly Option<string> By = new("--by")
    {
        Description = "The person who makes the change.",
        DefaultValueFactory = _ => Environment.UserName,
    };
    private static readonly Option<string?> Council = new("--council") { Description = "The council's jurisdiction_id." };
    private static readonly Option<string?> BackEndName = new("--backend") { Description = "A back end of the council." };
    private static readonly Option<string?> Service = new("--service") { Description = "The code of a service." };
    private static readonly Argument<string> CouncilArgument = new("council") { Description = "The council's jurisdiction_id." };

    public static Command Create(CommandHost host) => new("queue", "Show what has not been sent, and act on it.")
    {
        List(host), Show(host), Resend(host), Edit(host), Route(host), Cancel(host), MarkSent(host), Pause(host), Resume(host),
    };

    private static Command List(CommandHost host)
    {
        var state = new Option<DeliveryState?>("--state") { Description = "Only deliveries in this state." };
        var limit = new Option<int>("--limit") { Description = "The maximum number of rows.", DefaultValueFactory = _ => 50 };
        var byCause = new Option<bool>("--by-cause") { Description = "Count the deliveries by cause." };
        var command = new Command("list", "List deliveries that have not been sent, oldest first. Everything that stops sending is listed before them.")
        {
            Council, BackEndName, Service, state, limit, byCause, Json,
        };
        command.SetAction(async (result, ct) =>
        {
            var queue = await host.WithDatabaseAsync<QueueQueries>(ct);
            var filter = new QueueFilter(result.GetValue(Council), result.GetValue(BackEndName), result.GetValue(Service), result.GetValue(state));
            if (!result.GetValue(Json))
                foreach (var suspension in await host.Get<SuspensionStore>().ListAsync(ct))
                    Console.WriteLine(
                        $"SENDING STOPPED since {Time(suspension.Since)} by {suspension.ByWhom}: {suspension.Council}, "
                            + $"{new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service)}. "
                            + $"{suspension.Reason.TrimEnd('.')}.{(suspension.Until > 0 ? $" Until {Time(suspension.Until)}." : "")}"
                            + $"{(suspension.PerMinute > 0 ? $" Limited to {suspension.PerMinute} per minute." : "")}");

            Table table;
            if (result.GetValue(byCause))
            {
                table = new Table("count", "council", "back end", "state", "oldest", "cause");
                foreach (var row in await queue.ByCauseAsync(filter, ct))
                    table.Add(row.Count.ToString(CultureInfo.InvariantCulture), row.Council, row.BackEnd, Word(row.State), Time(row.Oldest), row.Cause);
            }
            else
            {
                table = new Table("report", "delivery", "council", "back end", "kind", "state", "attempts", "accepted", "due", "cause");
                foreach (var row in await queue.ListAsync(filter, result.GetValue(limit), ct))
                    table.Add(
                        row.Report, row.Id.ToString(CultureInfo.InvariantCulture), row.Council, row.BackEnd, row.Kind.ToString().ToLowerInvariant(),
                        Word(row.State) + (row.Hold == DeliveryHold.Paused ? ", paused" : row.Hold == DeliveryHold.WaitsForEarlier ? ", waits" : ""),
                        row.Attempts.ToString(CultureInfo.InvariantCulture), Time(row.Created), Time(row.Due), row.Cause);
            }

            table.Print(result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The report's id for clients or in the council's system, or the number of a delivery." };
        var command = new Command("show", "Show the history of a report, and why it has not been sent.") { id, Json };
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
                    $"Report {target.Name} ({target.Council}, back end {target.DestKey}, service {target.ServiceCode}): {await WhyAsync(host, target, ct)}");
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
        var ids = new Argument<string[]>("ids") { Description = "Ids of reports, or numbers of deliveries.", Arity = ArgumentArity.ZeroOrMore };
        var maybe = new Option<bool>("--even-if-delivered") { Description = "Also resend what the council's system may already have." };
        var held = new Option<bool>("--held") { Description = "Instead of ids: all held deliveries, restricted by --council, --backend and --service." };
        var failed = new Option<bool>("--failed") { Description = "Instead of ids: all failed deliveries, restricted in the same way." };
        var command = new Command("resend", "Retry reports or deliveries now.") { ids, maybe, held, failed, Council, BackEndName, Service, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            var all = result.GetValue(ids)!.ToList();
            foreach (var (isSelected, state) in new[] { (result.GetValue(held), DeliveryState.Held), (result.GetValue(failed), DeliveryState.Failed) })
                if (isSelected)
                    all.AddRange((await host.Get<QueueQueries>().IdsAsync(
                        new QueueFilter(result.GetValue(Council), result.GetValue(BackEndName), result.GetValue(Service), state), ct)).Select(
                            DeliveryReference.Number));
            return await EachAsync(all, one => actions.ResendAsync(one, result.GetValue(maybe), result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Edit(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The id of the report." };
        var description = new Option<string?>("--description") { Description = "The new description." };
        var set = new Option<string[]>("--set") { Description = "An answer, as CODE=VALUE; can be repeated.", DefaultValueFactory = _ => [] };
        var command = new Command("edit", "Correct a report and send it.") { id, description, set, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            if (result.GetValue(set)!.Any(s => s.IndexOf('=', StringComparison.Ordinal) < 1)
                || (result.GetValue(description) is null && result.GetValue(set)!.Length == 0))
            {
                await Console.Error.WriteLineAsync("Specify --description, --set CODE=VALUE or both.");
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
        var id = new Argument<string>("id") { Description = "The id of the report." };
        var to = new Argument<string>("back-end") { Description = "The back end to send it through." };
        var command = new Command("route", "Send a report through another back end.") { id, to, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            var (target, problem) = await host.Get<IDatabase>().ReadAsync(db => DeliveryReference.FindAsync(db, result.GetValue(id)!), ct);
            var backEnd = target is null ? null : (await host.CouncilsAsync(ct)).FindBackEnd(target.Council, result.GetValue(to)!);
            if (backEnd is null || !host.Get<Routes>().Accepts(backEnd, target!.Owner))
            {
                await Console.Error.WriteLineAsync(
                    target is null ? problem : $"{target.Council} has no back end {result.GetValue(to)} that accepts this report.");
                return GatewayCommands.CheckFailed;
            }

            return await EachAsync([result.GetValue(id)!], one => actions.RouteAsync(one, backEnd, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command Cancel(CommandHost host)
    {
        var ids = new Argument<string[]>("ids") { Description = "Ids of reports, or numbers of deliveries.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("cancel", "Cancel reports or deliveries permanently.") { ids, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<ReportActions>(ct);
            return await EachAsync(result.GetValue(ids)!, one => actions.CancelAsync(one, result.GetValue(By)!, result.GetValue(Reason)!, ct));
        });
        return command;
    }

    private static Command MarkSent(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The id of the report, or the number of the delivery." };
        var external = new Option<string?>("--as") { Description = "The id that it has in the council's system." };
        var command = new Command("mark-sent", "Mark a report or delivery as sent, because it was found in the council's system.") { id, external, Reason, By };
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
        var until = new Option<DateTimeOffset?>("--until") { Description = "When the pause ends automatically, such as 2026-12-01T08:00Z." };
        var command = new Command("pause", "Stop sending for a council, a back end or a service; reports are still accepted.")
        {
            CouncilArgument, BackEndName, Service, until, Reason, By,
        };
        command.SetAction(async (result, ct) =>
        {
            var suspensions = await host.WithDatabaseAsync<SuspensionStore>(ct);
            if (await ScopeAsync(host, result) is not { } scope)
                return GatewayCommands.CheckFailed;
            if (result.GetValue(until) is { } end && end <= host.Get<TimeProvider>().GetUtcNow())
            {
                await Console.Error.WriteLineAsync("--until must be in the future.");
                return GatewayCommands.UsageError;
            }

            var isNew = await suspensions.PauseAsync(scope, result.GetValue(Reason)!, result.GetValue(By)!, result.GetValue(until), ct);
            Console.WriteLine($"{scope.Council}, {scope}: {(isNew ? "paused" : "already paused; the reason and end time were updated")}.");
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Resume(CommandHost host)
    {
        var one = new Option<bool>("--one") { Description = "Send one report as a test." };
        var rate = new Option<int?>("--rate") { Description = "Send at most this number per minute, until nothing is waiting." };
        var all = new Option<bool>("--all") { Description = "Resume sending without a limit (the default)." };
        var reason = new Option<string>("--reason") { Description = "The reason, which is recorded with the change.", DefaultValueFactory = _ => "" };
        var command = new Command("resume", "Resume sending: one report as a test, at a limited rate, or without a limit.")
        {
            CouncilArgument, BackEndName, Service, one, rate, all, reason, By,
        };
        command.SetAction(async (result, ct) =>
        {
            if (new[] { result.GetValue(one), result.GetValue(rate) is not null, result.GetValue(all) }.Count(x => x) > 1
                || result.GetValue(rate) is < 1 or > 100_000)
            {
                await Console.Error.WriteLineAsync("Specify only one of --one, --rate N (1 to 100000) and --all.");
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

            await Console.Error.WriteLineAsync($"{scope.Council}, {scope}: sending is not stopped{(how.PerMinute > 0 ? " by an operator" : "")}.");
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
            await (result.Done ? Console.Out : Console.Error).WriteLineAsync($"{(id is ['#', ..] ? "Delivery" : "Report")} {id}: {result.Text}");
        }

        if (ids.Count != 1)
            Console.WriteLine($"{ids.Count - refused} done, {refused} refused.");
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
                $"Warning: the council file of {scope.Council} has no service {scope.Service}, and no report of that service has been accepted yet.");
        return problem is null ? scope : null;
    }

    /// <summary>Whether the council file or any report contains a service code. Commands do not read the catalogues of back ends.</summary>
    private static async Task<bool> IsKnownAsync(CommandHost host, Council council, string code) =>
        council.Services.Any(s => s.Code == code)
        || await host.Get<QueueQueries>().HasReportsAsync(council.JurisdictionId, code, default);

    private static async Task<string> WhyAsync(CommandHost host, DeliveryReference target, CancellationToken ct)
    {
        var suspension = (await host.Get<SuspensionStore>().ListAsync(ct)).Find(
            c => c.Covers(target.Council, target.DestKey) && (c.Service.Length == 0 || c.Service == target.ServiceCode));
        var waits = target.State is DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Unknown;
        return waits && suspension is not null
            ? $"{Word(target.State)}; sending stopped by {suspension.ByWhom} since {Time(suspension.Since)}: {suspension.Reason}"
            : $"{Word(target.State)} after {target.Attempts} "
                + $"{(target.Attempts == 1 ? "attempt" : "attempts")}.{(target.Cause.Length > 0 ? $" {target.Cause}" : "")}";
    }

    private static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();

    private static string Time(long ms) => UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
