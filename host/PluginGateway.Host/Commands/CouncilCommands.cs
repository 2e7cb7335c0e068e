using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Operating;

namespace PluginGateway.Host.Commands;

/// <summary><c>council list|remove</c>: shows which version of each council file is live, and removes councils whose file was deleted.</summary>
internal static class CouncilCommands
{
    public static Command Create(CommandHost host) =>
        new("council", "Show councils, or remove a council whose file was deleted.") { List(host), Remove(host) };

    private static Command List(CommandHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("list", "List the councils, and which version of each file is live.") { json };
        command.SetAction(async (result, ct) =>
        {
            var councils = await host.CouncilsAsync(ct);
            var table = new Table("council", "name", "file", "live version");
            foreach (var file in councils.Files.Values.Where(f => f.Live is not null).OrderBy(f => f.Live!.JurisdictionId, StringComparer.Ordinal))
                table.Add(
                    file.Live!.JurisdictionId, file.Live.Name, Path.GetFileName(file.Path),
                    file.Restored is { } stored
                        ? $"stored at {stored.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}"
                        : file.Errors.Count > 0 ? "the file, with errors" : "the file");
            foreach (var absent in councils.Absent)
                table.Add(absent.Council, absent.Name, absent.FileName, "none");
            table.Print(result.GetValue(json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Remove(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var reason = new Option<string>("--reason") { Description = "The reason, which is recorded with the change.", Required = true };
        var by = new Option<string>("--by") { Description = "The person who makes the change.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command(
            "remove", "Confirm that a council whose file was deleted no longer exists; until then, its calls are answered with status 503.")
        { council, reason, by };
        command.SetAction(async (result, ct) =>
        {
            var councils = await host.CouncilsAsync(ct);
            var outcome = await host.Get<CouncilActions>()
                .RemoveAsync(councils, result.GetValue(council)!, result.GetValue(by)!, result.GetValue(reason)!, ct);
            await (outcome.Done ? Console.Out : Console.Error).WriteLineAsync(outcome.Text);
            return outcome.Done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
        });
        return command;
    }
}
