using System.CommandLine;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Commands;

/// <summary><c>services accept</c>: a person's word that services that vanished from a catalogue are really gone.</summary>
internal static class ServicesCommands
{
    public static Command Create(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var backEnd = new Argument<string>("back-end") { Description = "The back end whose services vanished." };
        var accept = new Command("accept", "Stop publishing the services that are missing from a back end's catalogue.") { council, backEnd };
        accept.SetAction(async (result, ct) =>
        {
            var store = await host.WithDatabaseAsync<CatalogueStore>(ct);
            var (name, from) = (result.GetValue(council)!, result.GetValue(backEnd)!);
            if (await store.FindAsync(name, from, ct) is not { Missing.Count: > 0 } state)
            {
                await Console.Error.WriteLineAsync($"No services are missing from {name}/{from}.");
                return GatewayCommands.Wrong;
            }

            await store.SaveAsync(name, from, CatalogueGuard.Accept(state), ct);
            Console.WriteLine($"No longer published: {string.Join(", ", state.Missing.Order(StringComparer.Ordinal))}");
            return GatewayCommands.Good;
        });
        return new Command("services", "Services of councils.") { accept };
    }
}
