using System.CommandLine;
using PluginGateway.Core.KeyRing;

namespace PluginGateway.Host.Commands;

/// <summary><c>data-key list|rewrap|remove</c>: manages the keys that protect cookies, second factors and stored secrets.</summary>
internal static class DataKeyCommands
{
    public static Command Create(CommandHost host) =>
        new("data-key", "Manage the keys that protect sessions, second factors and stored secrets.") { List(host), Rewrap(host), Remove(host) };

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List the data keys and the keys that they are wrapped with.");
        command.SetAction(async (_, ct) =>
        {
            var table = new Table("id", "created", "expires", "wrapped with", "readable");
            foreach (var key in await (await host.WithDatabaseAsync<DataKeys>(ct)).ListAsync(ct))
                table.Add(key.Id, key.Created, key.Expires, key.WrappedWith ?? "nothing", key.IsReadable ? "yes" : "no");
            table.Print(json: false);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Rewrap(CommandHost host)
    {
        var command = new Command("rewrap", $"Wrap all data keys with the first key in {KeyWrapping.KeyName}, or with the first certificate.");
        command.SetAction(async (_, ct) => await GatewayCommands.PrintAsync(
            await (await host.WithDatabaseAsync<DataKeys>(ct)).RewrapAsync(Environment.UserName, ct)));
        return command;
    }

    private static Command Remove(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "The id of the data key." };
        var reason = new Option<string>("--reason") { Description = "The reason, for the audit log.", Required = true };
        var command = new Command(
            "remove",
            "Remove a data key whose wrapping key is lost. What it protects can no longer be read: sessions end, and second factors must be set up again.")
        {
            id, reason,
        };
        command.SetAction(async (result, ct) => await GatewayCommands.PrintAsync(
            await (await host.WithDatabaseAsync<DataKeys>(ct)).RemoveAsync(result.GetValue(id)!, Environment.UserName, result.GetValue(reason)!, ct)));
        return command;
    }
}
