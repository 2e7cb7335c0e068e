namespace PluginGateway.Host.Email;

/// <summary>Checks the templates also while no mail is written, so that the log, health and the site name what is wrong with one before a report needs it.</summary>
internal sealed class TemplateWatch(MailTemplates templates, TimeProvider time, ILogger<TemplateWatch> log) : PeriodicWork
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await templates.RefreshAsync(stoppingToken);
            }
#pragma warning disable CA1031 // A background loop: it goes on, whatever happens to one round of it.
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.TemplatesNotChecked(e);
            }
#pragma warning restore CA1031
        }
    }
}
