using System.CommandLine;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary>
/// The commands. They never talk to the running gateway: they read and write its database and files, and it notices within a second.
/// Exit codes: 0 good, 1 the thing checked is wrong, 2 the call is wrong.
/// </summary>
internal static class GatewayCommands
{
    public const int Success = 0;
    public const int CheckFailed = 1;
    public const int UsageError = 2;

    public static async Task<int> RunAsync(CommandLine line)
    {
        await using var host = new CommandHost(line.Settings);
        var root = new RootCommand("PluginGateway: Open311 in front, one adapter for every council system behind. Without a command it runs the gateway.")
        {
            CheckCommand.Create(host),
            ExplainCommand.Create(host),
            KeyCommands.Create(host),
            ServicesCommands.Create(host),
            QueueCommands.Create(host),
            SendMethodCommands.Create(host),
            PluginCommands.Create(host),
            DocumentCommands.Create(host),
            RetentionCommands.Create(host),
            AccountCommands.Create(host),
            BackupCommand.Create(host),
        };
        var parsed = root.Parse([.. line.Command]);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See --help.");
            return UsageError;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is InvalidDataException)
        {
            await Console.Error.WriteLineAsync(e is InvalidDataException ? e.Message : $"Not possible now: {DatabaseErrors.Describe(e)}.");
            return CheckFailed;
        }
        catch (OperationCanceledException)
        {
            return CheckFailed;
        }
#pragma warning disable CA1031 // The commands' last resort: whoever called one wants to know what went wrong, and its exit code.
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(e.ToString());
            return CheckFailed;
        }
#pragma warning restore CA1031
    }
}
