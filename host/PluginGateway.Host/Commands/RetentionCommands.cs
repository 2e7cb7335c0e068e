using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>retention preview|run</c>: what has been kept long enough.</summary>
internal static class RetentionCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    public static Command Create(CommandHost host) => new("retention", "What is kept how long (settings Retention:…).")
    {
        Run(host, "preview", "Say what the next night would clear away; nothing is changed.", remove: false),
        Run(host, "run", "Clear it away now.", remove: true),
    };

    private static Command Run(CommandHost host, string name, string description, bool remove)
    {
        var command = new Command(name, description) { Json };
        command.SetAction(async (result, ct) =>
        {
            var table = new Table("what", "kept", remove ? "cleared" : "to clear");
            var all = await (await host.WithDatabaseAsync<RetentionRun>(ct)).RunAsync(remove, ct);
            foreach (var one in all.Where(c => c.Failure is null))
                table.Add(one.What, Period(one.RetentionPeriod), one.Count.ToString(CultureInfo.InvariantCulture));
            table.Print(result.GetValue(Json));
            foreach (var failed in all.Where(c => c.Failure is not null))
                await Console.Error.WriteLineAsync($"{failed.What}: not finished, {DatabaseErrors.Describe(failed.Failure!)}.");
            return all.Any(c => c.Failure is not null) ? GatewayCommands.CheckFailed : GatewayCommands.Success;
        });
        return command;
    }

    private static string Period(TimeSpan? kept) => kept switch
    {
        null => "for ever",
        { Ticks: 0 } => "as long as each says",
        { } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.##} days"),
    };
}
