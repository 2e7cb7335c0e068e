using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.SqlClient;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>
/// Runs the missing scripts. Each is a separate transaction. Indexes on tables that already exist are built afterwards, one at a time and without a
/// transaction, so that no other host waits for more than one of them; where the server's edition can build an index while the table is written to, no host
/// waits. A script whose indexes are not complete is recorded with the time 0, and the next start builds the missing ones.
/// </summary>
internal sealed class SqlServerMigrator(SqlConnection connection, ISqlDialect dialect, string description, TimeProvider time, ILogger log)
{
    private const long Enterprise = 3, AzureDatabase = 5, AzureManagedInstance = 8;

    /// <summary>Statements of scripts may take any time: a large index takes minutes.</summary>
    private const int NoTimeout = 0;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken ct)
    {
        var session = Session(null, ct);
        await LockAsync(session);
        if (await session.ScalarAsync<int?>("SELECT OBJECT_ID(N'dbo.migration')") is null)
            await session.ExecuteAsync(
                "CREATE TABLE dbo.migration (id bigint NOT NULL PRIMARY KEY, name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL, at bigint NOT NULL)");

        var done = await session.ListAsync<Migration>("SELECT id AS Id, name AS Name FROM migration");
        var missing = Migration.Missing(SqlServerDialect.Name, done, description);
        // The scripts of later versions are left to them.
        var incomplete = (await session.ListAsync<Migration>("SELECT id AS Id, name AS Name FROM migration WHERE at = 0 ORDER BY id"))
            .Intersect(Migration.For(SqlServerDialect.Name)).ToList();
        Migration[] all = [.. incomplete, .. missing];
        for (var i = 0; i < all.Length; i++)
        {
            if (done.Count > 0)
                log.RunningScript(all[i].Name, i + 1, all.Length);
            var script = SqlServerScript.Parse(all[i].Sql(SqlServerDialect.Name));
            if (i >= incomplete.Count)
                await ChangeAsync(all[i], script, ct);
            if (script.Indexes.Count > 0)
                await BuildIndexesAsync(session, all[i], script.Indexes, isUpgrade: done.Count > 0);
        }
    }

    /// <summary>When several hosts start together, one migrates; the others wait and find the work done. The lock ends with the connection.</summary>
    private async Task LockAsync(DbSession session)
    {
        if (await session.ScalarAsync<int>("""
            DECLARE @got int;
            EXEC @got = sp_getapplock @Resource = N'PluginGateway.migration', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 20000;
            SELECT @got
            """) < 0)
            throw new DatabaseBusyException($"{description} is being upgraded by another host, which has not finished yet.");
    }

    private async Task ChangeAsync(Migration migration, SqlServerScript script, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        var session = Session(transaction, ct);
        foreach (var batch in script.Batches)
            await ReportAsync(session.ExecuteAsync(batch), $"script {migration.Name}");
        await session.ExecuteAsync(
            "INSERT INTO migration (id, name, at) VALUES (@Id, @Name, @at)",
            new { migration.Id, migration.Name, at = script.Indexes.Count > 0 ? 0 : time.NowMs() });
        await transaction.CommitAsync(ct);
    }

    private async Task BuildIndexesAsync(DbSession session, Migration migration, IReadOnlyList<ScriptIndex> indexes, bool isUpgrade)
    {
        var isOnline = await session.ScalarAsync<long>("SELECT CAST(SERVERPROPERTY(N'EngineEdition') AS bigint)")
            is Enterprise or AzureDatabase or AzureManagedInstance;
        foreach (var (i, index) in indexes.Index())
        {
            if (await session.ScalarAsync<int?>(
                "SELECT INDEXPROPERTY(OBJECT_ID(@table), @name, N'IndexID')", new { table = $"dbo.{index.Table}", name = index.Name }) is not null)
                continue;

            if (isUpgrade)
                log.BuildingIndex(index.Name, index.Table, i + 1, indexes.Count, isOnline ? "continue" : "wait until it is built");
            await ReportAsync(session.ExecuteAsync(isOnline ? $"{index.Sql} WITH (ONLINE = ON)" : index.Sql), $"building index {index.Name}");
        }

        await session.ExecuteAsync("UPDATE migration SET at = @at WHERE id = @Id", new { migration.Id, at = time.NowMs() });
    }

    /// <summary>Reports regularly that a long statement is still running.</summary>
    private async Task ReportAsync(Task statement, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(statement, Task.Delay(ReportEvery, time)) != statement)
            log.StillUpgrading(what, (int)Stopwatch.GetElapsedTime(started).TotalSeconds);
        await statement;
    }

    private DbSession Session(DbTransaction? transaction, CancellationToken ct) => new(connection, transaction, dialect, ct, NoTimeout);
}
