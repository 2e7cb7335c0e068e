using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests deliveries during failures in the gateway itself.</summary>
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
    public async Task Delivery_with_failed_recording_is_recovered_when_its_lease_expires()
    {
        // "Sent" cannot be stored until the fault is removed, although the mail itself is sent.
        _broken = true;
        await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT attempts FROM delivery") > 1, "a second attempt");

        _broken = false;

        await State(2);
        // The repeat has the same file name and Message-ID, so only one mail exists.
        Assert.Single(_gateway.Mails());
    }

    [Fact]
    public async Task Invalid_template_at_start_is_reported_and_replaced_by_the_built_in_one()
    {
        var templates = Directory.CreateDirectory(Path.Combine(_gateway.State, "templates")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "email-templates")))
            File.Copy(file, Path.Combine(templates, Path.GetFileName(file)));
        var subject = Path.Combine(templates, "report-subject.sbn-txt");
        var original = await File.ReadAllTextAsync(subject);
        await File.WriteAllTextAsync(subject, "Mine: {{ servce }}");
        await using var gateway =
            await new GatewayApp($"--Email:TemplatesPath={templates}", "--Sending:SettingsProbe=00:00:00.5").Council("mail", Some.EmailCouncil("mail"))
                .StartAsync();

        await gateway.PostAsync("mail", Some.Report(reference: "1"));

        Assert.Contains("Subject: New report: ", Assert.Single(await gateway.MailsAsync(1)), StringComparison.Ordinal);
        Assert.Equal(
            "ready, degraded: template report-subject.sbn-txt: line 1, column 10: unknown name servce; did you mean service?",
            await gateway.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));

        await File.WriteAllTextAsync(subject, "Mine: " + original);
        await Eventually.TrueAsync(
            async () =>
            {
                await gateway.Get<MailTemplates>().RefreshAsync(default);
                return await gateway.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)) == "ready";
            },
            "the fixed template is used");
        await gateway.PostAsync("mail", Some.Report(reference: "2"));
        Assert.Contains(await gateway.MailsAsync(2), m => m.Contains("Subject: Mine: New report: ", StringComparison.Ordinal));
    }

    private Task State(int state) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1,
            $"one delivery in state {state}");

    private async Task<bool> CannotStoreAsync(DbSession db) => _broken && await db.ScalarAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") > 0;
}
