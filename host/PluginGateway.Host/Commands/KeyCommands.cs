using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>key create|list|revoke</c>: manages the API keys of clients.</summary>
internal static class KeyCommands
{
    public static Command Create(CommandHost host) => new("key", "Manage the API keys of clients.") { CreateKey(host), List(host), Revoke(host) };

    private static Command CreateKey(CommandHost host)
    {
        var client = new Option<string>("--client") { Description = "The client's name; a new client is created.", Required = true };
        var council = new Option<string[]>("--council")
        {
            Description = "A council that the key is for; can be repeated. By default, the key is for all councils.",
            DefaultValueFactory = _ => [],
        };
        var days = new Option<int?>("--days") { Description = "The number of days until the key expires; by default, it does not expire." };
        var scope = new Option<string[]>("--scope")
        {
            Description = "What the key can be used for; can be repeated. Keys for private reports also need the scope for reports.",
            DefaultValueFactory = _ => [ApiKeys.Reports],
        };
        scope.AcceptOnlyFromAmong([.. ApiKeys.AllScopes]);
        var strict = new Option<bool>("--strict")
        {
            Description = "Apply the standard strictly to a new client: times need a time zone, and descriptions have at most 4,000 characters.",
        };
        var nulls = new Option<bool>("--nulls") { Description = "Send unknown values to a new client as null in JSON, instead of omitting them." };
        var codes = new Option<bool>("--codes")
        {
            Description = "Send specific error codes to a new client (such as 40011, a required attribute is missing), instead of the HTTP status.",
        };
        var statuses = new Option<bool>("--statuses")
        {
            Description = "Send the exact status of reports to a new client (such as duplicate), instead of open or closed.",
        };
        var command = new Command("create", "Create a key and print it; it cannot be shown again.")
        { client, council, scope, days, strict, nulls, codes, statuses };
        command.SetAction(async (result, ct) =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValue(client)) || result.GetValue(days) < 1)
            {
                await Console.Error.WriteLineAsync("--client must not be empty, and --days must be at least 1.");
                return GatewayCommands.UsageError;
            }

            var keys = await host.WithDatabaseAsync<ApiKeys>(ct);
            var key = ApiKeys.New();
            var expires = result.GetValue(days) is { } d ? host.Get<TimeProvider>().GetUtcNow().AddDays(d) : (DateTimeOffset?)null;
            var scopes = string.Join(',', result.GetValue(scope)!.Distinct(StringComparer.Ordinal));
            var profile = When(strict, ClientProfile.Strict) | When(nulls, ClientProfile.Nulls) | When(codes, ClientProfile.Codes)
                | When(statuses, ClientProfile.Statuses);
            var outcome = await keys.IssueAsync(result.GetValue(client)!, key, result.GetValue(council)!, scopes, profile, expires, Environment.UserName, ct);
            if (!outcome.Done)
            {
                await Console.Error.WriteLineAsync(outcome.Text);
                return GatewayCommands.CheckFailed;
            }

            Console.WriteLine(key);
            return GatewayCommands.Success;

            ClientProfile When(Option<bool> option, ClientProfile part) => result.GetValue(option) ? part : ClientProfile.None;
        });
        return command;
    }

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List keys with their clients, scopes and last use.");
        command.SetAction(async (_, ct) =>
        {
            var keys = await (await host.WithDatabaseAsync<ApiKeys>(ct)).ListAsync(ct);
            Console.WriteLine($"{"ID",-5} {"CLIENT",-24} {"COUNCILS",-32} {"SCOPES",-18} {"LAST USED",-17} STATE");
            foreach (var key in keys)
                Console.WriteLine(
                    $"{key.Id,-5} {key.Client,-24} {(key.Councils.Length == 0 ? "all" : key.Councils),-32} {key.Scopes,-18} {Time(key.LastUsed),-17} "
                        + $"{State(key, host.Get<TimeProvider>().NowMs())}");
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Revoke(CommandHost host)
    {
        var id = new Argument<long>("id") { Description = "The key's number, as shown by key list." };
        var command = new Command("revoke", "Revoke a key immediately.") { id };
        command.SetAction(async (result, ct) =>
        {
            if (await (await host.WithDatabaseAsync<ApiKeys>(ct)).RevokeAsync(result.GetValue(id), Environment.UserName, ct))
                return GatewayCommands.Success;
            await Console.Error.WriteLineAsync($"There is no active key {result.GetValue(id)}.");
            return GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static string State(KeyListing key, long now) => key switch
    {
        { Revoked: > 0 } => $"revoked {Time(key.Revoked)}",
        { Expires: > 0 } when key.Expires <= now => $"expired {Time(key.Expires)}",
        { Expires: > 0 } => $"active until {Time(key.Expires)}",
        _ => "active",
    };

    private static string Time(long ms) => ms == 0 ? "never" : UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
