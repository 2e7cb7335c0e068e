using System.CommandLine;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary>
/// The commands. They do not communicate with the running gateway: they read and write its database and files, and the gateway applies changes
/// within a second. Exit codes: 0 for success, 1 for a failed check or action, 2 for invalid usage.
/// </summary>
internal static class GatewayCommands
{
    public const int Success = 0;
    public const int CheckFailed = 1;
    public const int UsageError = 2;

    public static RootCommand Create(CommandHost host) => new RootCommand(
        "Run the gateway, which connects Open311 clients to councils' systems; or run one of the commands below.")
    {
        CheckCommand.Create(host),
        ExplainCommand.Create(host),
        KeyCommands.Create(host),
        CouncilCommands.Create(host),
        ServicesCommands.Create(host),
        QueueCommands.Create(host),
        SendMethodCommands.Create(host),
        PluginCommands.Create(host),
        DocumentCommands.Create(host),
        RetentionCommands.Create(host),
        AccountCommands.Create(host),
        DataKeyCommands.Create(host),
        PersonCommands.Create(host),
        BackupCommand.Create(host),
    };

    /// <summary>Prints the outcome of an action.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> PrintAsync(ActionOutcome outcome)
    {
        await (outcome.Done ? Console.Out : Console.Error).WriteLineAsync(outcome.Text);
        return outcome.Done ? Success : CheckFailed;
    }

    public static async Task<int> RunAsync(CommandLine line)
    {
        await using var host = new CommandHost(line.Settings);
        var root = Create(host);
        var parsed = root.Parse([.. line.Command]);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("Use --help to see the usage.");
            return UsageError;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is InvalidDataException)
        {
            await Console.Error.WriteLineAsync(e is InvalidDataException ? e.Message : $"The command failed: {DatabaseErrors.Describe(e)}.");
            return CheckFailed;
        }
        catch (OperationCanceledException)
        {
            return CheckFailed;
        }
#pragma warning disable CA1031 // The last exception handler of a command: the caller needs the error and an exit code.
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(e.ToString());
            return CheckFailed;
        }
#pragma warning restore CA1031
    }
}
