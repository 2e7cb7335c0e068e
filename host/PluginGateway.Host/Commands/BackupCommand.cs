using System.CommandLine;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Host.Commands;

/// <summary><c>backup FILE</c>: a copy of the database that a gateway can be started with, made while it runs.</summary>
internal static class BackupCommand
{
    private static readonly Argument<FileInfo> File = new("file") { Description = "Where to write the copy; it must not exist." };

    public static Command Create(CommandHost host)
    {
        var command = new Command("backup", "Copy the database to a file, while the gateway runs.") { File };
        command.SetAction(async (result, ct) =>
        {
            var file = result.GetValue(File)!;
            if (host.Get<IOptions<StorageOptions>>().Value.Provider == StorageProvider.SqlServer)
                return await FailAsync("The state is in SQL Server: back it up with the server's own means.");
            if (file.Exists || Directory.Exists(file.FullName))
                return await FailAsync($"{file.FullName} is there already.");

            try
            {
                await (await host.WithDatabaseAsync<SqliteDatabase>(ct)).BackUpAsync(file.FullName, ct);
            }
            catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is InvalidDataException)
            {
                file.Delete();
                return await FailAsync($"No back-up was made: {(e is InvalidDataException ? e.Message : DatabaseErrors.Describe(e))}");
            }

            file.Refresh();
            Console.WriteLine(
                $"{file.FullName}, {file.Length} bytes. To restore: stop the gateway, put it in place of gateway.db in State:Path, remove gateway.db-wal "
                    + "and gateway.db-shm, start.");
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
