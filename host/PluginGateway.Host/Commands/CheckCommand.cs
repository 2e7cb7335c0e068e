using System.CommandLine;
using Microsoft.Extensions.Options;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Commands;

/// <summary><c>check [file]</c>: everything that is wrong with a council file, before it goes live.</summary>
internal static class CheckCommand
{
    public static Command Create(CommandHost host)
    {
        var file = new Argument<FileInfo?>("file") { Description = "The council file; without it, every file in the councils folder.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("check", "Check council files: form, settings of every back end, examples.") { file };
        command.SetAction(result => Run(host, result.GetValue(file)));
        return command;
    }

    private static int Run(CommandHost host, FileInfo? file)
    {
        if (file is { Exists: false })
        {
            Console.Error.WriteLine($"{file} is not there.");
            return GatewayCommands.WrongCall;
        }

        host.Get<PluginLoading>().Run();
        var check = host.Get<CouncilCheck>();
        var folder = host.Get<IOptions<CouncilOptions>>().Value.FullPath;
        var paths = file is not null ? [file.FullName] : Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).ToArray() : [];
        var wrong = 0;
        foreach (var path in paths)
        {
            var reading = CouncilFileReader.Read(File.ReadAllBytes(path));
            var mistakes = reading.Council is { } council ? check.Run(council) : reading.Mistakes;
            wrong += mistakes.Count > 0 ? 1 : 0;
            Console.WriteLine(mistakes.Count == 0 ? $"{path}: good" : $"{path}: {mistakes.Count} {(mistakes.Count == 1 ? "mistake" : "mistakes")}");
            foreach (var mistake in mistakes)
                Console.WriteLine($"  {mistake}");
        }

        if (paths.Length == 0)
            Console.WriteLine($"There is no council file in {folder}.");
        return wrong == 0 ? GatewayCommands.Good : GatewayCommands.Wrong;
    }
}
