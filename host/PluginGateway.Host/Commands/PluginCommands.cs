using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Plugins;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Host.Commands;

/// <summary>
/// <c>plugin list|show|rollback|quarantine|sign|new-key</c>: shows the plug-ins of the running gateways, decides which versions may serve, and signs plug-ins.
/// </summary>
internal static class PluginCommands
{
    private static readonly Option<string> Reason = new("--reason") { Description = "The reason, which is recorded with the change.", Required = true };

    private static readonly Option<string> By = new("--by")
    {
        Description = "The person who makes the change.",
        DefaultValueFactory = _ => Environment.UserName,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON." };

    private static readonly Argument<string> Adapter = new("adapter") { Description = "The adapter's name, as in council files." };

    /// <summary>What <c>plugin try</c> prints before it runs code of the plug-in.</summary>
    public const string Trying = "Loading the plug-in.";

    /// <summary>What <c>plugin try</c> prints if it could not run the code of the plug-in.</summary>
    public const string NotTried = "The plug-in could not be tried.";

    /// <summary>What <c>plugin try</c> prints at its end, so that a plug-in that exits the process without an error is found too.</summary>
    public const string Tried = "The plug-in did not end the process.";

    public static Command Create(CommandHost host) =>
        new("plugin", "Manage the adapter plug-ins of the running gateways.") { List(host), Show(host), RollBack(host), Quarantine(host), Try(host),
            PluginSigningCommands.Sign(), PluginSigningCommands.NewKey() };

    /// <summary>
    /// Runs the code of a staged version as the gateway does when it loads it. The gateway runs this command in a separate process when a version may
    /// have ended one.
    /// </summary>
    private static Command Try(CommandHost host)
    {
        var folder = new Argument<string>("folder") { Description = "The folder with the files of the plug-in." };
        var command = new Command("try", "Load a plug-in and create its adapters; used by the gateway.") { folder };
        command.Hidden = true;
        command.SetAction(async (result, ct) =>
        {
            try
            {
                await host.TryPluginAsync(result.GetValue(folder)!, () => Console.WriteLine(Trying), ct);
            }
#pragma warning disable CA1031 // The exceptions of the plug-in are caught where it is called; others say nothing about it.
            catch (Exception)
            {
                Console.WriteLine(NotTried);
                throw;
            }
#pragma warning restore CA1031

            Console.WriteLine(Tried);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List all plug-ins in the plug-ins folder and in memory, with their versions, states and reasons.") { Json };
        command.SetAction(async (result, ct) =>
        {
            var all = await (await host.WithDatabaseAsync<PluginActions>(ct)).ListAsync(ct);
            await PrintAsync(all, result.GetValue(Json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var command = new Command("show", "Show an adapter: its loaded plug-ins and all known versions.") { Adapter, Json };
        command.SetAction(async (result, ct) =>
        {
            var (actions, adapter, json) = (await host.WithDatabaseAsync<PluginActions>(ct), result.GetValue(Adapter)!, result.GetValue(Json));
            var now = (await actions.ListAsync(ct)).Where(l => l.Status.AdapterName == adapter).ToList();
            var versions = await actions.VersionsAsync(adapter, ct);
            if (now.Count == 0 && versions.Count == 0)
            {
                await Console.Error.WriteLineAsync($"There is no adapter {adapter}.");
                return GatewayCommands.CheckFailed;
            }

            if (!json)
            {
                await PrintAsync(now, json: false);
                Console.WriteLine();
            }

            var table = new Table("version", "sha256", "state", "since", "by", "reason", "path");
            foreach (var version in versions)
                table.Add(
                    version.Version, json ? version.Sha256 : version.Sha256[..PluginActions.ShortHash], StateOf(version), Time(version.At), version.By,
                    version.Reason, version.Path);
            table.Print(json);
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command RollBack(CommandHost host)
    {
        var command = new Command("rollback", "Roll back an adapter to its previous version, and quarantine the current one.") { Adapter, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var done = await (await host.WithDatabaseAsync<PluginActions>(ct)).RollBackAsync(
                result.GetValue(Adapter)!, from: null, result.GetValue(Reason)!, result.GetValue(By)!, ct);
            await (done.Done ? Console.Out : Console.Error).WriteLineAsync(done.Text);
            return done.Done ? GatewayCommands.Success : GatewayCommands.CheckFailed;
        });
        return command;
    }

    private static Command Quarantine(CommandHost host)
    {
        var sha = new Argument<string?>("sha256")
        {
            Description = "The first digits of the version's SHA-256; by default, the active version.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var lift = new Option<bool>("--lift") { Description = "Lift the quarantine instead: the version may be loaded again." };
        var command = new Command(
            "quarantine", "Prevent a version from being loaded, now and after a restart, or lift its quarantine.") { Adapter, sha, lift, Reason, By };
        command.SetAction(async (result, ct) =>
        {
            var (actions, adapter, lifts) = (await host.WithDatabaseAsync<PluginActions>(ct), result.GetValue(Adapter)!, result.GetValue(lift));
            var versions = await actions.VersionsAsync(adapter, ct);
            var wanted = result.GetValue(sha);
            if (wanted is null)
            {
                var serving = await actions.ServingAsync(adapter, ct);
                if (await DiffersAsync(adapter, serving, versions))
                    return GatewayCommands.CheckFailed;
                wanted = serving.SingleOrDefault();
            }

            var found = versions.Where(
                v => wanted is not null && v.Sha256.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) && (!lifts || v.State == VersionState.Quarantined))
                    .ToList();
            if (found is not [var version])
            {
                await Console.Error.WriteLineAsync(found.Count > 1
                    ? $"{found.Count} versions start with {wanted}; specify more digits."
                    : $"{adapter} has no {(lifts ? "quarantined " : "")}version {wanted ?? "that is active"}; see plugin show {adapter}.");
                return GatewayCommands.CheckFailed;
            }

            await actions.DecideAsync(version, lifts ? VersionState.Unproven : VersionState.Quarantined, result.GetValue(Reason)!, result.GetValue(By)!, ct);
            Console.WriteLine(
                lifts ? $"{adapter}: {PluginActions.Name(version)} may be loaded again." : $"{adapter}: {PluginActions.Name(version)} is quarantined.");
            return GatewayCommands.Success;
        });
        return command;
    }

    /// <summary>Reports whether hosts serve different versions. The operator must then choose one.</summary>
    private static async Task<bool> DiffersAsync(string adapter, IReadOnlyList<string> serving, IReadOnlyList<KnownVersion> versions)
    {
        if (serving.Count < 2)
            return false;

        await Console.Error.WriteLineAsync(
            $"Hosts serve different versions of {adapter}: "
                + $"{string.Join(", ", versions.Where(v => serving.Contains(v.Sha256)).Select(PluginActions.Name))}. "
                + $"Choose the one to quarantine: plugin quarantine {adapter} <sha256>");
        return true;
    }

    private static async Task PrintAsync(IReadOnlyList<(string Node, PluginStatus Status)> all, bool json)
    {
        if (all.Count == 0)
            await Console.Error.WriteLineAsync("No running gateway uses this database.");
        var table = new Table("adapter", "version", "generation", "state", "since", "sha256", "path", "reason", "host");
        foreach (var (node, status) in all)
            table.Add(
                status.AdapterName ?? "", status.Version ?? "", status.Generation == 0 ? "" : status.Generation.ToString(CultureInfo.InvariantCulture),
                Name(status.State),
                Time(status.Since),
                json || status.Sha256 is not { Length: > PluginActions.ShortHash } hash ? status.Sha256 ?? "" : hash[..PluginActions.ShortHash], status.Path,
                status.Reason ?? "", node);
        table.Print(json);
    }

    private static string StateOf(KnownVersion version) =>
        version is { State: not VersionState.Quarantined, Probations.Count: > 0 } ? "on probation" : version.State.ToString().ToLowerInvariant();

    private static string Name(PluginState state) => state == PluginState.BuiltIn ? "built in" : state.ToString().ToLowerInvariant();

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
