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
        var paths = file is not null ? [file.FullName]
            : Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).ToArray() : [];
        var invalid = 0;
        foreach (var path in paths)
        {
            var reading = CouncilFileReader.Read(await File.ReadAllBytesAsync(path, ct));
            var errors = reading.Council is { } council ? check.Run(council) : [.. reading.Errors, .. check.SettingsErrors(reading)];
            invalid += errors.Count > 0 ? 1 : 0;
            Console.WriteLine(errors.Count == 0 ? $"{path}: valid" : $"{path}: {errors.Count} {(errors.Count == 1 ? "error" : "errors")}");
            foreach (var error in errors)
                Console.WriteLine($"  {error}");
            if (errors.Count == 0)
                foreach (var warning in await ServiceWarnings.OfAsync(reading.Council!, check, catalogues, ct))
                    Console.WriteLine($"  warning: {warning}");
        }

        if (paths.Length == 0)
            Console.WriteLine($"There is no council file in {folder}.");
        return invalid == 0 ? GatewayCommands.Success : GatewayCommands.CheckFailed;
    }
}
