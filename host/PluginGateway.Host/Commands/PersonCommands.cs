using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.People;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>person find|export|erase</c>: the data of one person, for requests for access or erasure.</summary>
internal static class PersonCommands
{
    private static readonly Argument<string> Value = new("value") { Description = "An e-mail address or a telephone number." };
    private static readonly Option<string> Reason = new("--reason") { Description = "The reason, which is recorded in the audit log.", Required = true };

    public static Command Create(CommandHost host) =>
        new("person", "Find, export or erase the data of one person.") { Find(host), Export(host), Erase(host) };

    private static Command Find(CommandHost host)
    {
        var command = new Command("find", "List the reports and updates of a person.") { Value, Reason };
        command.SetAction(async (result, ct) =>
        {
            var (found, problem) = await (await host.WithDatabaseAsync<PersonData>(ct))
                .FindAsync(result.GetValue(Value), Environment.UserName, result.GetValue(Reason)!, ct);
            if (found is null)
                return await GatewayCommands.PrintAsync(ActionOutcome.No(problem));

            var table = new Table("kind", "id", "council", "received");
            foreach (var report in found.Reports)
                table.Add("report", report.OwnId, report.Council, Time(report.Received));
            foreach (var update in found.Updates)
                table.Add("update", update.UpdateId, update.Council, Time(update.Received));
            table.Print(json: false);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Export(CommandHost host)
    {
        var file = new Argument<FileInfo>("file") { Description = "The ZIP file to create." };
        var command = new Command("export", "Write the content of a person's reports and updates, and their files, to a ZIP file.") { Value, file, Reason };
        command.SetAction(async (result, ct) =>
        {
            var path = result.GetValue(file)!.FullName;
            var export = await host.WithDatabaseAsync<PersonExport>(ct);
            ActionOutcome outcome;
            try
            {
                await using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
                outcome = await export.WriteAsync(result.GetValue(Value), stream, Environment.UserName, result.GetValue(Reason)!, ct);
            }
            catch (IOException e)
            {
                return await GatewayCommands.PrintAsync(ActionOutcome.No($"The file cannot be written: {e.Message}"));
            }

            if (!outcome.Done)
                File.Delete(path);
            return await GatewayCommands.PrintAsync(outcome);
        });
        return command;
    }

    private static Command Erase(CommandHost host)
    {
        var command = new Command("erase", "Erase the content of a person's reports and updates. This cannot be undone.") { Value, Reason };
        command.SetAction(async (result, ct) => await GatewayCommands.PrintAsync(
            await (await host.WithDatabaseAsync<PersonData>(ct)).EraseAsync(result.GetValue(Value), Environment.UserName, result.GetValue(Reason)!, ct)));
        return command;
    }

    private static string Time(long ms) => UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
