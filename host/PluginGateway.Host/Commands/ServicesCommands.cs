using System.CommandLine;
using PluginGateway.Core.Operating;

namespace PluginGateway.Host.Commands;

/// <summary><c>services accept</c>: confirms that services missing from a catalogue were removed intentionally.</summary>
internal static class ServicesCommands
{
    public static Command Create(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var backEnd = new Argument<string>("back-end") { Description = "The back end whose services are missing." };
        var accept = new Command("accept", "Stop publishing the services that are missing from a back end's catalogue.") { council, backEnd };
        accept.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<CouncilActions>(ct);
            var done = await actions.AcceptMissingAsync(result.GetValue(council)!, result.GetValue(backEnd)!, shown: null, Environment.UserName, "", ct);
            await (done.Done ? Console.Out : Console.Error).WriteLineAsync(done.Text);
            return done.Done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
        });
        return new Command("services", "Manage the services of councils.") { accept };
    }
}
