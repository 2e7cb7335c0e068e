using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Host.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>What happens to a delivery when something in the gateway itself breaks in the middle of it.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway;
    private volatile bool _broken;

    public RecoveryTests() => _gateway = new GatewayApp("--Sending:Lease=00:00:01", "--Sending:LeaseRenewal=00:00:00.2", "--Sending:Retry:0=00:00:00.2")
        .Council("mail", Some.EmailCouncil("mail"))
        .Change(services => services.AddSingleton<IDatabase>(all => new BrokenDatabase(TestStore.Of(all), CannotStoreAsync)));

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_delivery_whose_recording_failed_is_found_again_when_its_lease_ends()
    {
        // "Sent" cannot be written until the fault is mended; the mail itself goes out.
        _broken = true;
        await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT tries FROM delivery") > 1, "a second try");

        _broken = false;

        await State(2);
        // The mailbox refuses doubles: the repeat has the same name and Message-ID.
        Assert.Single(_gateway.Mails());
    }

    [Fact]
    public async Task A_template_that_is_wrong_loses_nothing_and_is_not_tried_in_a_loop()
    {
        var templates = Directory.CreateDirectory(Path.Combine(_gateway.State, "templates")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "email-templates")))
            File.Copy(file, Path.Combine(templates, Path.GetFileName(file)));
        var subject = Path.Combine(templates, "report.subject.hbs");
        var good = await File.ReadAllTextAsync(subject);
        await File.WriteAllTextAsync(subject, "{{service");
        await using var gateway = await new GatewayApp($"--Email:TemplatesPath={templates}", "--Sending:SettingsProbe=00:00:00.5").Council("mail", Some.EmailCouncil("mail")).StartAsync();

        await gateway.PostAsync("mail", Some.Report(reference: "1"));

        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 3") == 1, "waits for the next try");
        Assert.InRange(await gateway.ReadAsync<long>("SELECT tries FROM delivery"), 1, 5);
        await File.WriteAllTextAsync(subject, good);
        await gateway.MailsAsync(1);
    }

    private Task State(int state) =>
        Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1, $"state {state}");

    private async Task<bool> CannotStoreAsync(DbSession db) => _broken && await db.ScalarAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") > 0;
}
