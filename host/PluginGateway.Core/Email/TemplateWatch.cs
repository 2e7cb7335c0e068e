using PluginGateway.Core.Background;

namespace PluginGateway.Core.Email;

/// <summary>
/// Checks the templates while no mail is written, so that the log, health and the site name a broken one before a report needs it.
/// </summary>
internal sealed class TemplateWatch(MailTemplates templates, TimeProvider time, ILogger<TemplateWatch> log) : PeriodicWork(time, log)
{
    protected override string Purpose => "Checking the e-mail templates";

    protected override TimeSpan Every => TimeSpan.FromSeconds(5);

    protected override Task RunAsync(CancellationToken stoppingToken) => templates.RefreshAsync(stoppingToken).AsTask();
}
