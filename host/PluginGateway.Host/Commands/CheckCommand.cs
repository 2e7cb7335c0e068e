using System.CommandLine;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Commands;

/// <summary>
/// <c>check [file]</c>: reports every error in council files before they are used, and warnings about the services that were read last.
/// </summary>
internal static class CheckCommand
{
    public static Command Create(CommandHost host)
    {
        var file = new Argument<FileInfo?>("file")
        {
            Description = "The council file; by default, all files in the councils folder.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("check", "Check council files: syntax, settings of every back end, examples, and the services that were read last.") { file };
        command.SetAction((result, ct) => RunAsync(host, result.GetValue(file), ct));
        return command;
    }

    private static async Task<int> RunAsync(CommandHost host, FileInfo? file, CancellationToken ct)
    {
        if (file is { Exists: false })
        {
            await Console.Error.WriteLineAsync($"{file} does not exist.");
            return GatewayCommands.UsageError;
        }

        await host.LoadPluginsAsync(ct);
        var (check, catalogues) = (host.Get<CouncilCheck>(), host.Get<CatalogueStore>());
        var folder = host.Get<IOptions<CouncilOptions>>().Value.FullPath;
        CouncilFolder? listed = null;
        var paths = file is not null ? [file.FullName]
            : (listed = CouncilFolder.List(folder)).Paths;
        if (paths is null)
        {
            await Console.Error.WriteLineAsync($"{folder} cannot be read: {listed!.Problem}.");
            return GatewayCommands.CheckFailed;
        }

        var invalid = 0;
        foreach (var path in paths)
        {
            var reading = CouncilFileReader.Read(await File.ReadAllBytesAsync(path, ct));
            var result = reading.Council is { } council ? check.Run(council) : new CheckResult([.. reading.Errors, .. check.SettingsErrors(reading)], []);
            var errors = result.Errors;
            invalid += result.IsValid ? 0 : 1;
            Console.WriteLine(
                errors.Count > 0 ? $"{path}: {errors.Count} {(errors.Count == 1 ? "error" : "errors")}"
                : result.Unfinished.Count > 0
                    ? $"{path}: could not be checked completely, because the check did not finish in time for {string.Join(", ", result.Unfinished)}"
                    : $"{path}: valid");
            foreach (var error in errors)
                Console.WriteLine($"  {error}");
            if (result.IsValid)
                foreach (var warning in await ServiceWarnings.OfAsync(reading.Council!, check, catalogues, ct))
                    Console.WriteLine($"  warning: {warning}");
        }

        if (paths.Count == 0)
            Console.WriteLine($"There is no council file in {folder}.");
        return invalid == 0 ? GatewayCommands.Success : GatewayCommands.CheckFailed;
    }
}
