using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Host.Commands;

/// <summary><c>documents list|show|read-again</c>: shows the files received from councils and the updates in them, and has files read again.</summary>
internal static class DocumentCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON." };
    private static readonly Argument<long> Id = new("id") { Description = "The document's number, as shown by documents list." };

    public static Command Create(CommandHost host) =>
        new("documents", "Show the files received from councils, read them again, or decide about held ones.")
        {
            List(host),
            Show(host),
            ReadAgain(host),
            Accept(host),
        };

    private static Command List(CommandHost host)
    {
        var council = new Option<string?>("--council") { Description = "Only documents of this council." };
        var limit = new Option<int>("--limit") { Description = "The maximum number of rows.", DefaultValueFactory = _ => 50 };
        var command = new Command("list", "List documents, newest first. The state of collection is listed before them.") { council, limit, Json };
        command.SetAction(async (result, ct) =>
        {
            var queue = await host.WithDatabaseAsync<DocumentQueue>(ct);
            if (!result.GetValue(Json))
                foreach (var turn in await host.Get<CollectionStore>().ListAsync(result.GetValue(council), ct))
                    Console.WriteLine(turn.FailingSince > 0
                        ? $"COLLECTION FAILING since {Time(turn.FailingSince)}: {turn.Council}/{turn.BackEnd}. {turn.Cause}"
                        : $"Collected {Time(turn.Collected)}: {turn.Council}/{turn.BackEnd}");

            var table = new Table("id", "council", "back end", "name", "received", "state", "updates", "new", "invalid", "cause");
            foreach (var document in await queue.ListAsync(result.GetValue(council), result.GetValue(limit), ct))
                table.Add(
                    Number(document.Id), document.Council, document.BackEnd, document.Name, Time(document.Received), Word(document), Number(document.Valid),
                    Number(document.Inserted), Number(document.Invalid), document.Cause);
            table.Print(result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var command = new Command("show", "Show a document and its invalid rows.") { Id, Json };
        command.SetAction(async (result, ct) =>
        {
            var documents = await host.WithDatabaseAsync<DocumentQueue>(ct);
            if (await documents.ShowAsync(result.GetValue(Id), ct) is not { Document: var document, Problems: var problems })
                return await NoneAsync(result.GetValue(Id));

            if (!result.GetValue(Json))
                Console.WriteLine(
                    $"{document.Name} of {document.Council}/{document.BackEnd}, {Number(document.Length)} bytes, received {Time(document.Received)}: "
                    + $"{Word(document)}{(document.Cause.Length > 0 ? $": {document.Cause.TrimEnd('.')}" : "")}. "
                    + $"Updates: {Number(document.Valid)} ({Number(document.Inserted)} new"
                    + (document.Baseline ? ", published with their original times because this is the first document of its source" : "")
                    + $"); invalid rows: {Number(document.Invalid)}"
                    + (document.Invalid > problems.Count ? $" (the first {problems.Count} are listed)." : "."));
            var table = new Table("row", "problem");
            foreach (var problem in problems)
                table.Add(Number(problem.Row), problem.Problem);
            if (problems.Count > 0 || result.GetValue(Json))
                table.Print(result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command ReadAgain(CommandHost host)
    {
        var command = new Command(
            "read-again", "Read a document again, for example after the council file was fixed; existing updates are corrected, not duplicated.") { Id };
        command.SetAction(async (result, ct) =>
        {
            var done = await (await host.WithDatabaseAsync<CouncilActions>(ct)).ReadAgainAsync(result.GetValue(Id), Environment.UserName, ct);
            await (done.Done ? Console.Out : Console.Error).WriteLineAsync(done.Text);
            return done.Done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static Command Accept(CommandHost host)
    {
        var decision = new Option<string>("--as")
        {
            Description = "known: rows that describe known events are not passed on again; news: all rows are passed on.",
            Required = true,
        };
        decision.AcceptOnlyFromAmong("known", "news");
        var reason = new Option<string>("--reason") { Description = "The reason, which is recorded with the change.", Required = true };
        var by = new Option<string>("--by") { Description = "The person who makes the change.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command("accept", "Decide about a held document, all of whose rows look new.") { Id, decision, reason, by };
        command.SetAction(async (result, ct) =>
        {
            var done = await (await host.WithDatabaseAsync<CouncilActions>(ct)).AcceptDocumentAsync(
                result.GetValue(Id), result.GetValue(decision) == "news" ? DocumentDecision.News : DocumentDecision.Known, result.GetValue(by)!,
                result.GetValue(reason)!, ct);
            await (done.Done ? Console.Out : Console.Error).WriteLineAsync(done.Text);
            return done.Done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static async Task<int> NoneAsync(long id)
    {
        await Console.Error.WriteLineAsync($"There is no document {id}.");
        return GatewayCommands.CheckFailed;
    }

    private static string Word(DocumentRow document) => document.State switch
    {
        DocumentState.Waiting => document.Cause.Length > 0 ? "retrying" : "waiting",
        DocumentState.Read => "read",
        DocumentState.Cleared or DocumentState.Clearing => "deleted",
        DocumentState.Held => "held",
        _ => "unreadable",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(long ms) => ms == 0 ? "never" : UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
