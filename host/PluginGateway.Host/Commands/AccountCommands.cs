using System.CommandLine;
using System.Globalization;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>account create|list|password|second-factor-off</c>: manages the accounts of the operators' site.</summary>
internal static class AccountCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "The name to sign in with." };
    private static readonly ActionOutcome NoSuchAccount = ActionOutcome.No("There is no such account.");

    private static readonly Option<bool> FromInput = new("--password-stdin")
    {
        Description = "Read the password from standard input instead of prompting for it.",
    };

    public static Command Create(CommandHost host) =>
        new("account", "Manage the accounts of the operators' site.") { CreateAccount(host), List(host), Password(host), SecondFactorOff(host) };

    private static Command CreateAccount(CommandHost host)
    {
        var role = new Option<Role>("--role")
        {
            Description = "viewer (views reports and councils, without reporters' names and contact details), operator (also sends, pauses and edits) or admin "
                + "(also manages accounts, keys and plug-ins).",
            Required = true,
        };
        var council = new Option<string[]>("--council")
        {
            Description = "A council that the account is for; can be repeated. By default, the account is for all councils.",
            DefaultValueFactory = _ => [],
        };
        var command = new Command("create", "Create an account; the command prompts for its password.") { Name, role, council, FromInput };
        command.SetAction(async (result, ct) =>
        {
            var accounts = await host.WithDatabaseAsync<AccountStore>(ct);
            var rights = new Rights(result.GetValue(role), result.GetValue(council)!);
            var outcome = await accounts.CreateAsync(
                result.GetValue(Name)!, ReadPassword(result.GetValue(FromInput)), rights, Environment.UserName, first: null, ct);
            return await GatewayCommands.PrintAsync(outcome);
        });
        return command;
    }

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List the accounts with their permissions and last sign-in.");
        command.SetAction(async (_, ct) =>
        {
            var table = new Table("name", "permissions", "second factor", "last sign-in", "created");
            foreach (var account in await (await host.WithDatabaseAsync<AccountStore>(ct)).ListAsync(ct))
                table.Add(account.Name, account.Summary, account.SecondFactor, Time(account.SignedIn), Time(account.Created));
            table.Print(json: false);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Password(CommandHost host)
    {
        var command = new Command(
            "password", "Set a new password for an account, and unlock it if failed sign-ins have locked it.") { Name, FromInput };
        command.SetAction(async (result, ct) =>
        {
            var accounts = await host.WithDatabaseAsync<AccountStore>(ct);
            return await FindAsync(accounts, result.GetValue(Name), ct) is { } account
                ? await GatewayCommands.PrintAsync(
                    await accounts.SetPasswordAsync(account.Id, ReadPassword(result.GetValue(FromInput)), Environment.UserName, ct))
                : await GatewayCommands.PrintAsync(NoSuchAccount);
        });
        return command;
    }

    private static Command SecondFactorOff(CommandHost host)
    {
        var command = new Command(
            "second-factor-off", "Turn off the second factor of an account, for example because its device and recovery codes are lost.") { Name };
        command.SetAction(async (result, ct) =>
        {
            var accounts = await host.WithDatabaseAsync<AccountStore>(ct);
            return await FindAsync(accounts, result.GetValue(Name), ct) is { } account
                ? await GatewayCommands.PrintAsync(await host.Get<SecondFactor>().TurnOffAsync(account.Id, Environment.UserName, "with a command", ct))
                : await GatewayCommands.PrintAsync(NoSuchAccount);
        });
        return command;
    }

    private static async Task<Account?> FindAsync(AccountStore accounts, string? typed, CancellationToken ct)
    {
        var name = AccountStore.Normal(typed);
        return (await accounts.ListAsync(ct)).Find(a => a.Name == name);
    }

    /// <summary>Reads the password. It is never an argument, because every process on the machine can read command lines.</summary>
    private static string ReadPassword(bool fromInput)
    {
        if (fromInput || Console.IsInputRedirected)
            return Console.In.ReadLine() ?? "";

        Console.Error.Write("Password: ");
        var typed = new List<char>();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                typed.RemoveRange(Math.Max(0, typed.Count - 1), Math.Min(1, typed.Count));
            else if (key.KeyChar >= ' ')
                typed.Add(key.KeyChar);
        Console.Error.WriteLine();
        return new string([.. typed]);
    }

    private static string Time(long ms) => ms == 0 ? "never" : UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
