using System.Text.Json.Nodes;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>A gateway with the council Bexley, its simulated system and a mailbox, and a browser with a signed-in admin.</summary>
public sealed class OperatorWorld : IAsyncLifetime
{
    public const string Name = "ada";

    private Browser? _browser;

    internal SimulatedCouncil Council { get; private set; } = null!;

    internal GatewayApp Gateway { get; } = new(
        "--Sending:IndexEvery=00:00:01", "--Sending:Retry:0=00:10:00", "--Sending:BreakerFirstWait=00:10:00", "--Sending:FinderFirst=00:10:00",
        "--Updates:Every=01:00:00", "--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1");

    internal Browser Browser => _browser ?? throw new InvalidOperationException("The browser is not installed.");

    /// <summary>The code of a service without questions and copies.</summary>
    internal const string Service = "KERB";

    public async ValueTask InitializeAsync()
    {
        if (!Browser.IsInstalled)
            return;

        Council = await SimulatedCouncil.StartAsync();
        Built.Drop("Symology", Gateway.Plugins);
        await Gateway.Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator").Council("bexley", Council.File(WithMail)).StartAsync();
        _browser = await Browser.SignedInAsync(Gateway, Name, Role.Admin);
    }

    public async ValueTask DisposeAsync()
    {
        _browser?.Dispose();
        await Gateway.DisposeAsync();
        if (Council is not null)
            await Council.DisposeAsync();
    }

    /// <summary>Submits a report and waits until it reaches a state.</summary>
    internal async Task<string> ReportAsync(string reference, int state, string description = "A hole in the road", string service = Service)
    {
        var answer = await Gateway.PostAsync("bexley", Some.Report(service, reference, description, ("first_name", "Jo"), ("email", "jo@example.org")));
        await Eventually.TrueAsync(async () => await StateAsync(answer.Id!) == state, $"{answer.Id} is in state {state}, not {await StateAsync(answer.Id!)}");
        return answer.Id!;
    }

    internal Task<int> StateAsync(string id) =>
        Gateway.ReadAsync<int>(
            """
            SELECT d.state FROM report r JOIN delivery d ON d.id BETWEEN r.id AND r.id + 255 AND d.revision = r.revision WHERE r.own_id = @id OR r.public_id = @id
            """,
            new { id });

    internal Task SentAsync(string id) => Eventually.TrueAsync(async () => await StateAsync(id) == 2, $"{id} is sent");

    /// <summary>The e-mails to the council's mailbox.</summary>
    internal IReadOnlyList<string> Mails() => [.. Gateway.Mails().Where(m => m.Contains("To: desk@bexley.example", StringComparison.Ordinal))];

    private static void WithMail(JsonNode file)
    {
        file["mode"] = "queued";
        file["backends"]!["email"] = new JsonObject { ["adapter"] = "email", ["settings"] = new JsonObject { ["to"] = "desk@bexley.example" } };
    }
}
