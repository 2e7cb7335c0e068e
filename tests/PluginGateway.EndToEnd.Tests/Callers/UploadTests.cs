using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests that uploaded files are never in memory as a whole, and that nothing remains of files that belong to no report.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;

    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(64 << 10)]
    [InlineData(256 << 10)]
    [InlineData((256 << 10) + 1)]
    [InlineData((3 * Megabyte) + 7)]
    public async Task File_arrives_at_the_council_byte_for_byte(int length)
    {
        await using var council = await StubOpen311.StartAsync();
        Built.Drop("Open311", _gateway.Plugins);
        _gateway.Council("stub", Some.Open311Council("stub", council.Endpoint).Replace("\"apiKey\"", "\"uploads\": true, \"apiKey\"", StringComparison.Ordinal));
        await Eventually.TrueAsync(async () => (await _gateway.GetAsync("services.xml?jurisdiction_id=stub")).Status == HttpStatusCode.OK, "the council is live");
        var content = RandomNumberGenerator.GetBytes(length);
        byte[]? received = null;
        council.BeforeCreate = async (http, _) =>
        {
            using var copy = new MemoryStream();
            await http.Request.Form.Files[0].CopyToAsync(copy);
            received = copy.ToArray();
            // Some councils refuse bodies of unknown length.
            Assert.NotNull(http.Request.ContentLength);
        };

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(content, council: "stub")).Status);

        Assert.Equal(content, received);
        Assert.Equal(length <= 256 << 10 ? 0 : (length + (256 << 10) - 1) / (256 << 10), await CountAsync("attachment_chunk"));
        Assert.Equal(length <= 256 << 10 ? length : 256 << 10, await _gateway.ReadAsync<long>(
            $"SELECT MAX({Length("content")}) FROM (SELECT content FROM attachment UNION ALL SELECT content FROM attachment_chunk) c"));
    }

    [Theory]
    [InlineData("no key")]
    [InlineData("refused")]
    [InlineData("a repeat")]
    public async Task Nothing_remains_of_files_that_are_not_accepted(string why)
    {
        var content = RandomNumberGenerator.GetBytes(2 * Megabyte);
        var before = why == "a repeat" ? await PostAsync(content, ("attribute[fixmystreet_id]", "7")) : null;
        var (rows, chunks) = (await CountAsync("attachment"), await CountAsync("attachment_chunk"));

        var answer = why switch
        {
            "no key" => await PostAsync(content, ("api_key", "wrong")),
            "refused" => await PostAsync(content, ("service_code", "NONE")),
            _ => await PostAsync(content, ("attribute[fixmystreet_id]", "7")),
        };

        Assert.Equal(why switch { "no key" => 403, "refused" => 404, _ => 200 }, (int)answer.Status);
        if (before is not null)
            Assert.Equal(before.Id, answer.Id);
        Assert.Equal((rows, chunks), (await CountAsync("attachment"), await CountAsync("attachment_chunk")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_gateway.State, "spool")));
    }

    [Fact]
    public async Task Failure_to_store_a_report_leaves_no_files()
    {
        await using var gateway = new GatewayApp().Council("one", Some.EmailCouncil("one")).Change(
            services => services.AddSingleton<IDatabase>(
                all => new BrokenDatabase(TestStore.Of(all), async db => await db.ScalarAsync<long>("SELECT COUNT(*) FROM report") > 0)));
        await gateway.StartAsync();

        Assert.True((await PostAsync(gateway, RandomNumberGenerator.GetBytes(Megabyte))).Status >= HttpStatusCode.InternalServerError);

        Assert.Equal(0, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM attachment_chunk"));
        Assert.Equal(0, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM attachment"));
    }

    [Fact]
    public async Task Large_anonymous_bodies_use_neither_disk_nor_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the memory of a process is read from /proc");
        using var folder = new TempFolder();
        folder.Write("councils/one.json", Some.EmailCouncil("one"));
        await using var gateway = await StartProcessAsync(folder);
        // Code that is compiled on first use is not counted.
        await PostToProcessAsync(gateway, "wrong", 2 * Megabyte, 0);
        var before = Memory(gateway);

        var bodies = Enumerable.Range(0, 10).Select(i => PostToProcessAsync(gateway, "wrong", 55 * Megabyte, i)).ToList();
        var statuses = await Task.WhenAll(bodies);

        Assert.All(statuses, s => Assert.Contains(s, new[] { 0, 403, 413, 429 }));
        Assert.InRange(Memory(gateway) - before, -1_000, 50);
        Assert.Empty(Directory.GetFiles(folder.At("state", "spool")));
    }

    [Fact]
    public async Task Many_large_uploads_at_once_use_little_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the memory of a process is read from /proc");
        using var folder = new TempFolder();
        folder.Write("councils/one.json", Some.EmailCouncil("one"));
        // One site opens all connections, and sends more than it may in a minute.
        await using var gateway = await StartProcessAsync(folder, "--Limits:ConnectionsPerAddress=1000", "--Limits:PostsPerKey=100000");
        var key = (await GatewayProcess.RunAsync("key", "create", "--client", "c", $"--State:Path={folder.At("state")}")).Output.Trim();
        Assert.Equal(200, await PostToProcessAsync(gateway, key, 2 * Megabyte, -1));
        var before = Memory(gateway);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            int status;
            do
                status = await PostToProcessAsync(gateway, key, 10 * Megabyte, i);
            while (status == 429);
            return status;
        }));

        Assert.All(statuses, s => Assert.Equal(200, s));
        Assert.InRange(Memory(gateway) - before, -1_000, 200);
        Assert.Empty(Directory.GetFiles(folder.At("state", "spool")));
    }

    private static Task<GatewayProcess> StartProcessAsync(TempFolder folder, params string[] limits) => GatewayProcess.StartAsync(
    [
        $"--State:Path={folder.At("state")}", $"--Councils:Path={folder.At("councils")}", $"--Plugins:Path={folder.At("plugins")}",
        $"--Email:PickupPath={folder.At("pickup")}", "--Limits:CallsPerAddress=60", .. limits]);

    /// <summary>Returns the peak resident memory of the process in megabytes.</summary>
    private static int Memory(GatewayProcess gateway) => int.Parse(
        File.ReadLines($"/proc/{gateway.Id}/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1_024;

    private static async Task<int> PostToProcessAsync(GatewayProcess gateway, string key, int length, int reference)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        using var form = new MultipartFormDataContent();
        form.Add(new StreamContent(new Pattern(length)), "photo1", "a.jpg");
        foreach (var (name, value) in Some.Report(reference: reference.ToString(CultureInfo.InvariantCulture)).Append(("jurisdiction_id", "one")).Append(("api_key", key)))
            form.Add(new StringContent(value), name);
        try
        {
            using var response = await http.PostAsync(new Uri(gateway.Address, "/open311/v2/requests.xml"), form);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // The gateway closed the connection while the body was being sent.
            return 0;
        }
    }

    private static string Length(string column) => TestStore.IsSqlServer ? $"DATALENGTH({column})" : $"LENGTH({column})";

    private Task<long> CountAsync(string table) => _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM {table}");

    private Task<HttpReply> PostAsync(byte[] content, (string, string)? change = null, string council = "one") => PostAsync(_gateway, content, change, council);

    /// <summary>Posts a report with a file, whose key is the last part of the form.</summary>
    private static async Task<HttpReply> PostAsync(GatewayApp gateway, byte[] content, (string Name, string Value)? change = null, string council = "one")
    {
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent(content), "photo1", "a.bin");
        foreach (var (name, value) in Some.Report().Append(("jurisdiction_id", council)).Append(("api_key", GatewayApp.Key)))
            if (name != change?.Name)
                form.Add(new StringContent(value), name);
        if (change is { } changed)
            form.Add(new StringContent(changed.Value), changed.Name);
        using var response = await gateway.Http.PostAsync(new Uri($"{gateway.V2}/requests.xml"), form);
        return await HttpReply.ReadAsync(response);
    }

    /// <summary>A long stream that uses no memory.</summary>
    private sealed class Pattern(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            buffer.AsSpan(offset, read).Fill((byte)'x');
            Position += read;
            return read;
        }

        public override void Flush()
        {
            // The stream is read-only.
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = origin == SeekOrigin.Begin ? offset : length + offset;

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
