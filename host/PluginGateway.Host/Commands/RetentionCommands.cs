using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>retention preview|run</c>: deletes data whose retention period has ended.</summary>
internal static class RetentionCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON." };

    public static Command Create(CommandHost host) =>
        new("retention", "Delete data whose retention period (settings Retention:…) has ended, or preview the deletion.")
        {
            Run(host, "preview", "Show what the next nightly run would delete, without changing anything.", remove: false),
            Run(host, "run", "Delete the data now.", remove: true),
        };

    private static Command Run(CommandHost host, string name, string description, bool remove)
    {
        var command = new Command(name, description) { Json };
        command.SetAction(async (result, ct) =>
        {
            var table = new Table("data", "retention period", remove ? "deleted" : "to delete");
            var all = await (await host.WithDatabaseAsync<RetentionRun>(ct)).RunAsync(remove, ct);
            foreach (var one in all.Where(c => c.Failure is null))
                table.Add(one.What, Period(one.RetentionPeriod), one.Count.ToString(CultureInfo.InvariantCulture));
            table.Print(result.GetValue(Json));
            foreach (var failed in all.Where(c => c.Failure is not null))
                await Console.Error.WriteLineAsync($"{failed.What}: the deletion failed: {DatabaseErrors.Describe(failed.Failure!)}.");
            return all.Any(c => c.Failure is not null) ? GatewayCommands.CheckFailed : GatewayCommands.Success;
        });
        return command;
    }

    private static string Period(TimeSpan? period) => period switch
    {
        null => "permanently",
        { Ticks: 0 } => "set for each item",
        { } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.##} days"),
    };
}
