using System.CommandLine;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Host.Commands;

/// <summary><c>backup FILE</c>: copies the database while the gateway is running. A gateway can be started with the copy.</summary>
internal static class BackupCommand
{
    private static readonly Argument<FileInfo> File = new("file") { Description = "The file to write; it must not exist." };

    public static Command Create(CommandHost host)
    {
        var command = new Command("backup", "Copy the database to a file while the gateway is running.") { File };
        command.SetAction(async (result, ct) =>
        {
            var file = result.GetValue(File)!;
            if (host.Get<IOptions<StorageOptions>>().Value.Provider == StorageProvider.SqlServer)
                return await FailAsync("The state is stored in SQL Server. Use the back-up tools of SQL Server instead.");
            if (file.Exists || Directory.Exists(file.FullName))
                return await FailAsync($"{file.FullName} already exists.");

            try
            {
                await (await host.WithDatabaseAsync<SqliteDatabase>(ct)).BackUpAsync(file.FullName, ct);
            }
            catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is InvalidDataException)
            {
                file.Delete();
                return await FailAsync($"The back-up failed: {(e is InvalidDataException ? e.Message.TrimEnd('.') : DatabaseErrors.Describe(e))}.");
            }

            file.Refresh();
            Console.WriteLine(
                $"Back-up written to {file.FullName}, {file.Length} bytes. To restore: stop the gateway, replace gateway.db in State:Path with this file, "
                    + "delete gateway.db-wal and gateway.db-shm, and start the gateway.");
            return GatewayCommands.Success;
        });
        return command;
    }

    private static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync(problem);
        return GatewayCommands.CheckFailed;
    }
}
