using PluginGateway.Core.Background;

namespace PluginGateway.Core.Email;

/// <summary>
/// Checks the templates regularly, so that the log, the health endpoint and the site report an invalid one before a report needs it.
/// </summary>
internal sealed class TemplateWatcher(MailTemplates templates, TimeProvider time, ILogger<TemplateWatcher> log) : PeriodicWork(time, log)
{
    protected override string Purpose => "Checking the e-mail templates";

    protected override TimeSpan Every => TimeSpan.FromSeconds(5);

    protected override Task RunAsync(CancellationToken stoppingToken) => templates.RefreshAsync(stoppingToken).AsTask();
}
