using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsvHelper;
using Microsoft.Data.Sqlite;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// A council's CSV file of 100,000 rows. Reading and mapping it with the Symology plug-in is compared with a bare loop over the same bytes
/// that does one MD5, one date and one time-zone conversion per row; storing it, with a bare prepared INSERT of the same rows into the same
/// table. Also measures the memory for long files.
/// </summary>
internal static class DocumentBenchmark
{
    private const int Rows = 100_000;
    private const int Batch = 500;

    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    public static async Task RunAsync()
    {
        await using var app = new GatewayApp("--Updates:Every=1.00:00:00", "--Councils:SecretsPath=" + Path.GetTempPath());
        Built.Drop("Symology", app.Plugins);
        var file = await File.ReadAllTextAsync(Path.Combine(Built.Root, "host", "PluginGateway.Host", "council-files", "bexley", "bexley.json"));
        await app.Council("bexley", file.Replace("${secret:BEXLEY_SYMOLOGY_PASSWORD}", "x", StringComparison.Ordinal)).StartAsync();
        var backEnd = app.Get<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!;
        var csv = Csv(Rows, 0);

        await Rounds.CompareAsync(
            $"rows of a CSV file of {Rows:N0}, read and mapped", "per second", 0.5,
            async () => Rows / (await TimeAsync(async () => Check(await ReadAsync(app, backEnd, csv)))).TotalSeconds,
            async () => Rows / (await TimeAsync(() => Task.FromResult(Check(Bare(csv))))).TotalSeconds);
        await StoreAsync(app, backEnd, csv);
        await MemoryAsync(app, backEnd);
    }

    private static async Task StoreAsync(GatewayApp app, BackEnd backEnd, byte[] csv)
    {
        var updates = new List<CouncilUpdate>();
        await ReadAsync(app, backEnd, csv, updates.Add);
        var (own, other, ratios) = (new List<double>(), new List<double>(), new List<double>());
        using var folder = new TempFolder();
        for (var i = 0; i <= Rounds.Count; i++)
        {
            var round = i;
            var took = await TimeAsync(() => StoreAsync(app, backEnd with { Name = string.Create(CultureInfo.InvariantCulture, $"b{round}") }, updates));
            var bare = await TimeAsync(
                () => Task.FromResult(BareStore(folder.At(string.Create(CultureInfo.InvariantCulture, $"{round}.db")), app.State, updates)));
            // The first round is a warm-up.
            if (i == 0)
                continue;
            own.Add(Rows / took.TotalSeconds);
            other.Add(Rows / bare.TotalSeconds);
            ratios.Add(own[^1] / other[^1]);
        }

        Rounds.Print($"updates stored, {Batch} per transaction", "per second", own, other, ratios, "≥ 0.67");
    }

    private static async Task<int> StoreAsync(GatewayApp app, BackEnd backEnd, List<CouncilUpdate> updates)
    {
        var added = 0;
        for (var at = 0; at < updates.Count; at += Batch)
            added += await app.Get<CouncilUpdateStore>()
                .AddAsync(backEnd, updates.GetRange(at, Math.Min(Batch, updates.Count - at)), baseline: false, 1, again: false, default);
        return Check(added);
    }

    /// <summary>Inserts the same rows and payloads into a table of the same form, with the same indexes and the same durability.</summary>
    private static int BareStore(string path, string state, List<CouncilUpdate> updates)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -65536");
        foreach (var sql in Schema(state))
            Execute(connection, sql);
        using var insert = connection.CreateCommand();
        insert.CommandText = """
            INSERT INTO council_update (council, backend, update_key, case_key, report_id, public_id, status, occurred, received, served, late, document_id, payload)
            VALUES ('bexley', 'b', @key, @case, 0, '', @status, @occurred, @now, @now, 0, 1, @payload)
            """;
        foreach (var name in new[] { "@key", "@case", "@status", "@occurred", "@now", "@payload" })
            insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        insert.Prepare();
        for (var at = 0; at < updates.Count; at += Batch)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            foreach (var update in updates.GetRange(at, Math.Min(Batch, updates.Count - at)))
            {
                insert.Parameters[0].Value = IdKey.Of(update.UpdateId);
                insert.Parameters[1].Value = IdKey.Of(update.BackEndId);
                insert.Parameters[2].Value = update.Status;
                insert.Parameters[3].Value = update.OccurredAt.ToUnixTimeMilliseconds();
                insert.Parameters[4].Value = 1_800_000_000_000 + at;
                insert.Parameters[5].Value = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                    PluginGateway.Core.Reports.StoredCouncilUpdate.Of(update), PluginGateway.Core.Reports.ReportJson.Default.StoredCouncilUpdate);
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return updates.Count;
    }

    private static List<string> Schema(string state)
    {
        using var connection = new SqliteConnection($"Data Source={Directory.GetFiles(state, "*.db").Single()};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_master WHERE tbl_name = 'council_update' AND sql IS NOT NULL ORDER BY type DESC";
        using var reader = command.ExecuteReader();
        var schema = new List<string>();
        while (reader.Read())
            schema.Add(reader.GetString(0));
        return schema;
    }

    private static async Task MemoryAsync(GatewayApp app, BackEnd backEnd)
    {
        var peaks = new List<(int Rows, long Kilobytes)>();
        foreach (var (rows, salt) in new[] { (20_000, 1), (100_000, 2), (400_000, 3) })
        {
            // The content is read from a file, so that it is not in memory.
            using var folder = new TempFolder();
            var path = folder.At("export.csv");
            await File.WriteAllBytesAsync(path, Csv(rows, salt));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            using var stop = new CancellationTokenSource();
            var peak = PeakAsync(stop.Token);
            await using (var content = File.OpenRead(path))
                await app.Get<DocumentStore>().SaveAsync(backEnd, "export.csv", content, default);
            await app.Get<DocumentReader>().ReadWaitingAsync(backEnd, default);
            await stop.CancelAsync();
            peaks.Add((rows, await peak));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| peak managed heap while a file of {peaks[2].Rows:N0} rows is saved, read and stored | {peaks[2].Kilobytes:N0} KB | {peaks[0].Kilobytes:N0} "
                + $"KB with {peaks[0].Rows:N0} rows, {peaks[1].Kilobytes:N0} KB with {peaks[1].Rows:N0} | "
                + $"{(double)peaks[2].Kilobytes / peaks[1].Kilobytes:0.00} | does not grow |"));
    }

    /// <summary>Returns the peak of the managed heap, sampled every 50 ms after a collection.</summary>
    private static async Task<long> PeakAsync(CancellationToken ct)
    {
        var peak = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) >> 10);
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }

        return peak;
    }

    private static Task<int> ReadAsync(GatewayApp app, BackEnd backEnd, byte[] csv, Action<CouncilUpdate>? each = null) =>
        Answer(app.Get<AdapterCaller>().CallAsync<IDocumentReader, Counted>(
            backEnd, TimeSpan.FromMinutes(5),
            async (reader, ct) =>
            {
                var document = new Document
                {
                    Name = "export.csv",
                    Length = csv.Length,
                    ReceivedAt = TimeProvider.System.GetUtcNow(),
                    OpenAsync = _ => Task.FromResult<Stream>(new MemoryStream(csv, writable: false)),
                };
                var count = 0;
                await foreach (var entry in reader.ReadAsync(document, ct))
                {
                    count++;
                    each?.Invoke(entry.Update!);
                }

                return new Counted(count);
            },
            late: null, default));

    private static async Task<int> Answer(Task<AdapterOutcome<Counted>> call) =>
        await call is AdapterOutcome<Counted>.Answered answered ? answered.Value.Count : throw new InvalidOperationException((await call).ToString());

    private static int Bare(byte[] csv)
    {
        using var reader = CsvReader.Create(csv, new CsvReaderOptions { Separator = ',' });
        var (count, sum) = (0, 0L);
        Span<byte> hash = stackalloc byte[16];
        while (reader.Read())
        {
#pragma warning disable CA5351 // As the adapter does.
            MD5.HashData(reader.RawRecord, hash);
#pragma warning restore CA5351
            var local = DateTime.ParseExact(reader.GetString(0), "dd/MM/yyyy HH:mm", CultureInfo.InvariantCulture);
            sum += hash[0] + TimeZoneInfo.ConvertTimeToUtc(local, London).Ticks;
            count++;
        }

        return sum == 0 ? 0 : count;
    }

    private static byte[] Csv(int rows, int salt)
    {
        string[] actions = ["N1", "NR", "NCR", "PTC", "NI2MOB", "NFA", "S4", "CR", "RWT", "", "REIN", "ROD"];
        string[] events = ["EV", "CR", "INS", "SNPR", "X9", "", "WORKS"];
        var text = new StringBuilder("History Date/Time,Recorded Date,CRNo,Stage Desc.,Date Cleared,Inspection,LCA,Action Due,Event Type,Stage\r\n");
        var random = new Random(salt);
        for (var i = 0; i < rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"{new DateTime(2026, 1, 1).AddMinutes(i):dd/MM/yyyy HH:mm},01/01/2026,{random.Next(1, 30_000) + (salt * 100_000):00000000},\"In progress, {i}\",,{random.Next(100)},LCA{random.Next(20)},{actions[random.Next(actions.Length)]},{events[random.Next(events.Length)]},{random.Next(1, 8)}\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static int Check(int rows) => rows == Rows ? rows : throw new InvalidOperationException($"{rows} rows");

    private static async Task<TimeSpan> TimeAsync(Func<Task<int>> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed record Counted(int Count);
}
