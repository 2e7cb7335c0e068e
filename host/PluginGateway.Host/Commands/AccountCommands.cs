using System.CommandLine;
using System.Globalization;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>account create|list|password</c>: who signs in to the operators' site.</summary>
internal static class AccountCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "What its owner signs in with." };
    private static readonly Option<bool> FromInput = new("--password-stdin")
    {
        Description = "Read the password from the standard input in place of asking for it.",
    };

    public static Command Create(CommandHost host) => new("account", "Accounts of the operators' site.") { CreateAccount(host), List(host), Password(host) };

    private static Command CreateAccount(CommandHost host)
    {
        var role = new Option<Role>("--role")
        {
            Description = "viewer (looks), operator (sends, pauses, edits) or admin (also accounts, keys and plug-ins).",
            Required = true,
        };
        var council = new Option<string[]>("--council")
        {
            Description = "A council it is for; may repeat. Without it the account is for all.",
            DefaultValueFactory = _ => [],
        };
        var command = new Command("create", "Make an account; its password is asked for.") { Name, role, council, FromInput };
        command.SetAction(async (result, ct) =>
        {
            var accounts = await host.WithDatabaseAsync<AccountStore>(ct);
            var rights = new Rights(result.GetValue(role), result.GetValue(council)!);
            var made = await accounts.CreateAsync(
                result.GetValue(Name)!, ReadPassword(result.GetValue(FromInput)), rights, Environment.UserName, first: null, ct);
            return await SayAsync(made.Done, made.Text);
        });
        return command;
    }

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List accounts: whose, for what, signed in last.");
        command.SetAction(async (_, ct) =>
        {
            var table = new Table("name", "may", "signed in last", "made");
            foreach (var account in await (await host.WithDatabaseAsync<AccountStore>(ct)).ListAsync(ct))
                table.Add(account.Name, account.Says, Time(account.SignedIn), Time(account.Created));
            table.Print(json: false);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Password(CommandHost host)
    {
        var command = new Command(
            "password", "Give an account a new password, and let it sign in at once when too many tries had locked it.") { Name, FromInput };
        command.SetAction(async (result, ct) =>
        {
            var accounts = await host.WithDatabaseAsync<AccountStore>(ct);
            var name = AccountStore.Normal(result.GetValue(Name));
            if ((await accounts.ListAsync(ct)).Find(a => a.Name == name) is not { } account)
                return await SayAsync(done: false, $"There is no account {name}.");
            var changed = await accounts.SetPasswordAsync(account.Id, ReadPassword(result.GetValue(FromInput)), Environment.UserName, ct);
            return await SayAsync(changed.Done, changed.Text);
        });
        return command;
    }

    /// <summary>Never from the command line, where every process of the machine could read it.</summary>
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

    private static async Task<int> SayAsync(bool done, string text)
    {
        await (done ? Console.Out : Console.Error).WriteLineAsync(text);
        return done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
    }

    private static string Time(long ms) => ms == 0 ? "never" : UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
