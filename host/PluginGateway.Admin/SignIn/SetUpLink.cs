using System.Security.Cryptography;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>Logs a link for creating the first account at each startup while there are no accounts. A link can be used once, within a day.</summary>
internal sealed class SetUpLink(IDatabase database, AccountStore accounts, IPublicUrl publicUrl, TimeProvider time, ILogger<SetUpLink> log)
    : IHostedLifecycleService
{
    private static readonly TimeSpan ValidFor = TimeSpan.FromDays(1);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await accounts.AnyAsync(cancellationToken))
                return;

            var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            var now = time.NowMs();
            await database.WriteAsync(
                async db =>
                {
                    await db.ExecuteAsync("DELETE FROM set_up_link WHERE expires < @now", new { now });
                    return await db.ExecuteAsync(
                        "INSERT INTO set_up_link (token_key, expires) VALUES (@key, @expires)",
                        new { key = Sessions.KeyOf(token), expires = now + ValidFor.Ms() });
                },
                cancellationToken);
            log.SetUpLink($"{publicUrl.Url}/admin/set-up/{token}");
        }
#pragma warning disable CA1031 // The gateway must accept reports nevertheless; the next startup logs a link again.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.NoSetUpLink(DatabaseErrors.Describe(e));
        }
#pragma warning restore CA1031
    }

    /// <summary>Whether a link can be used.</summary>
    public async Task<bool> IsValidAsync(string token, CancellationToken ct) => await database.ReadAsync(
        db => db.ScalarAsync<long>(
            "SELECT COUNT(*) FROM set_up_link WHERE token_key = @key AND expires > @now AND NOT EXISTS (SELECT 1 FROM account WHERE is_external = 0)",
            new { key = Sessions.KeyOf(token), now = time.NowMs() }), ct) > 0;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
