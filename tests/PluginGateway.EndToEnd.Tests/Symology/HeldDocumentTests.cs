using System.Text;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>Tests documents of which no row is known although they describe known events, because the council changed the format of its export.</summary>
public sealed class HeldDocumentTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new("--Updates:Every=00:00:00.3", "--Alerts:Every=00:00:00.2", "--Alerts:OldestUnsent=00:00:00");

    private SimulatedCouncil _council = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await SimulatedCouncil.StartAsync();
        Built.Drop("Symology", _gateway.Plugins);
        _gateway.Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
    }

    [Theory]
    [Trait("Case", "30-new-column")]
    [InlineData("column", "known", 0)]
    [InlineData("column", "news", 2)]
    [Trait("Case", "31-encoding-change")]
    [InlineData("encoding", "known", 0)]
    public async Task Document_that_looks_entirely_new_is_held_until_an_operator_decides(string change, string decision, int told)
    {
        const string Columns = "History Date/Time,CRNo,Action Due,Event Type,Stage,Notes";
        const string First = $"{Columns}\n29/11/2026 14:10,560250,S1,EV,3,the council’s\n29/11/2026 16:10,560250,CR,EV,3,done\n";
        var second = change == "column"
            ? Encoding.UTF8.GetBytes(
                $"{Columns},Ward\n29/11/2026 14:10,560250,S1,EV,3,the council’s,Ward 3\n29/11/2026 16:10,560250,CR,EV,3,done,Ward 3\n")
            : CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(First.Replace("done", "done – ok", StringComparison.Ordinal));
        var first = change == "column" ? First : First.Replace("done", "done – ok", StringComparison.Ordinal);
        await _gateway.Council("bexley", _council.File()).StartAsync();
        await StateAsync(await SaveAsync(Encoding.UTF8.GetBytes(first)), 2);
        var before = await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update WHERE LENGTH(payload) > 0");

        var id = await SaveAsync(second);
        await StateAsync(id, 6);
        Assert.Equal(before, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update WHERE LENGTH(payload) > 0"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE cause = 'new-format' AND closed = 0") == 1, "one alert");

        // A later document in the new format is held too, and released by the same decision.
        var later = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(second) + Encoding.Latin1.GetString(second).Split('\n')[1]
            .Replace("29/11/2026 14:10,560250", "29/11/2026 17:00,560251", StringComparison.Ordinal) + "\n");
        var next = await SaveAsync(later);
        await StateAsync(next, 6);
        Assert.True(
            (await _gateway.Get<CouncilActions>().AcceptDocumentAsync(
                id, decision == "news" ? DocumentDecision.News : DocumentDecision.Known, "op", "a new export", default)).Done);
        await StateAsync(id, 2);
        await StateAsync(next, 2);

        Assert.Equal(before + told + 1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM council_update WHERE LENGTH(payload) > 0"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE cause = 'new-format' AND closed = 0") == 0, "the alert ends");
    }

    private async Task<long> SaveAsync(byte[] content)
    {
        using var stream = new MemoryStream(content);
        var backEnd = _gateway.Get<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!;
        return (await _gateway.Get<DocumentStore>().SaveAsync(backEnd, "history.csv", stream, default)).Id;
    }

    private Task StateAsync(long document, int state) => Eventually.TrueAsync(
        async () => await _gateway.ReadAsync<long>($"SELECT state FROM document WHERE id = {document}") == state, $"state {state}");
}
