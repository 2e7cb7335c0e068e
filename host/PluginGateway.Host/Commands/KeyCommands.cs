using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>key create|list|revoke</c>: the API keys of clients.</summary>
internal static class KeyCommands
{
    public static Command Create(CommandHost host) => new("key", "API keys of clients.") { CreateKey(host), List(host), Revoke(host) };

    private static Command CreateKey(CommandHost host)
    {
        var client = new Option<string>("--client") { Description = "The client's name; it is made if it is new.", Required = true };
        var council = new Option<string[]>("--council")
        {
            Description = "A council the key is for; may repeat. Without it the key is for all.",
            DefaultValueFactory = _ => [],
        };
        var days = new Option<int?>("--days") { Description = "How long the key is good; without it, until it is revoked." };
        var scope = new Option<string[]>("--scope") { Description = "What the key is for; may repeat.", DefaultValueFactory = _ => [ApiKeys.Reports] };
        scope.AcceptOnlyFromAmong(ApiKeys.Reports, ApiKeys.Documents);
        var strict = new Option<bool>("--strict") { Description = "Hold a new client to the letter of the standard: zones in times, 4,000 characters." };
        var nulls = new Option<bool>("--nulls") { Description = "Write null to a new client in JSON for what is unknown, in place of leaving it out." };
        var codes = new Option<bool>("--codes")
        {
            Description = "Number errors exactly for a new client (40011: a required attribute is missing), in place of the HTTP status.",
        };
        var command = new Command("create", "Make a key. It is shown once.") { client, council, scope, days, strict, nulls, codes };
        command.SetAction(async (result, ct) =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValue(client)) || result.GetValue(days) < 1)
            {
                await Console.Error.WriteLineAsync("--client must not be empty, and --days at least 1.");
                return GatewayCommands.UsageError;
            }

            var keys = await host.WithDatabaseAsync<ApiKeys>(ct);
            var key = ApiKeys.New();
            var expires = result.GetValue(days) is { } d ? host.Get<TimeProvider>().GetUtcNow().AddDays(d) : (DateTimeOffset?)null;
            var scopes = string.Join(',', result.GetValue(scope)!.Distinct(StringComparer.Ordinal));
            var profile = When(strict, ClientProfile.Strict) | When(nulls, ClientProfile.Nulls) | When(codes, ClientProfile.Codes);
            var made = await keys.IssueAsync(result.GetValue(client)!, key, result.GetValue(council)!, scopes, profile, expires, Environment.UserName, ct);
            if (!made.Done)
            {
                await Console.Error.WriteLineAsync(made.Text);
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
        var command = new Command("list", "List keys: whose, for what, last used.");
        command.SetAction(async (_, ct) =>
        {
            var keys = await (await host.WithDatabaseAsync<ApiKeys>(ct)).ListAsync(ct);
            Console.WriteLine($"{"ID",-5} {"CLIENT",-24} {"COUNCILS",-32} {"FOR",-18} {"LAST USED",-17} STATE");
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
        var id = new Argument<long>("id") { Description = "The key's number, from key list." };
        var command = new Command("revoke", "End a key now.") { id };
        command.SetAction(async (result, ct) =>
        {
            if (await (await host.WithDatabaseAsync<ApiKeys>(ct)).RevokeAsync(result.GetValue(id), Environment.UserName, ct))
                return GatewayCommands.Success;
            await Console.Error.WriteLineAsync($"There is no live key {result.GetValue(id)}.");
            return GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static string State(KeyListing key, long now) => key switch
    {
        { Revoked: > 0 } => $"revoked {Time(key.Revoked)}",
        { Expires: > 0 } when key.Expires <= now => $"expired {Time(key.Expires)}",
        { Expires: > 0 } => $"good until {Time(key.Expires)}",
        _ => "good",
    };

    private static string Time(long ms) => ms == 0 ? "never" : UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
