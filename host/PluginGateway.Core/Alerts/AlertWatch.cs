using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Alerts;

/// <summary>Looks for trouble, and tells of each incident twice: when it begins and when it is over.</summary>
internal sealed class AlertWatch(
    IDatabase database, Incidents incidents, LeaderLocks duties, IMailTransport mail, IOptions<AlertOptions> options, IOptions<EmailOptions> email,
    TimeProvider time, ILogger<AlertWatch> log)
    : PeriodicWork(time, log)
{
    private (long Id, bool Over) _logged;

    protected override string Purpose => "Checking for incidents";

    protected override TimeSpan Every => options.Value.Every;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        // One host looks for all: what another read a moment before would be told twice.
        if (!await duties.TryHoldAsync("alerts", stoppingToken))
            return;

        var troubles = await database.ReadAsync(db => DetectedIncident.FindAsync(db, options.Value.OldestUnsent, Time.NowMs()), stoppingToken);
        if (troubles.Count == 0 && !await incidents.AnyAsync(stoppingToken))
            return;

        await incidents.SaveAsync(troubles, stoppingToken);
        foreach (var incident in await incidents.ListUnnotifiedAsync(stoppingToken))
        {
            // If one cannot be told, the rest waits with it.
            if (!await NotifyAsync(incident, stoppingToken))
                return;
            await incidents.MarkNotifiedAsync(incident, stoppingToken);
        }
    }

    /// <returns>Whether it is told.</returns>
    private async Task<bool> NotifyAsync(Incident incident, CancellationToken ct)
    {
        var over = incident.Closed > 0;
        if (_logged != (incident.Id, over))
        {
            // Once, however often its mail is tried.
            _logged = (incident.Id, over);
            if (over)
                log.IncidentOver(incident.Council, incident.BackEnd, incident.Cause);
            else
                log.IncidentBegan(incident.Council, incident.BackEnd, incident.Cause, incident.Text);
        }

        if (options.Value.To.Length == 0 || (over && !incident.NotifiedOpen))
            return true;

        try
        {
            var key = $"alert-{incident.Id}-{(over ? "over" : "begins")}";
            using var message = Compose(incident, over, key);
            var receipt = await mail.SendAsync(message, [.. message.To.Mailboxes], key, ct);
            if (receipt.Recipients.FirstOrDefault(r => r.Outcome != RecipientOutcome.Accepted) is { } refused)
                log.AlertNotSent("The mail server refused an address of Alerts:To.", refused.Reply);
            return receipt.IsAcceptedBySome;
        }
#pragma warning disable CA1031 // Whatever the reason: it is told later.
        catch (Exception e)
        {
            log.AlertNotSent(e.Message, (e as AdapterException)?.Detail ?? "");
            return false;
        }
#pragma warning restore CA1031
    }

    private MimeMessage Compose(Incident incident, bool over, string key)
    {
        var where = $"{incident.Council} / {incident.BackEnd}";
        var what = incident.Cause switch
        {
            "breaker" => "does not answer",
            "settings" => "does not accept its settings",
            "held" => "reports need a person",
            "news" => "its news is not collected",
            "documents" => "its files cannot be read",
            _ => "reports are not sent",
        };
        var message = new MimeMessage { Subject = HeaderText.Clean(over ? $"Over: {where}: {what}" : $"{where}: {what}"), Date = Time.GetUtcNow() };
        var from = MailboxAddress.Parse(email.Value.From);
        message.From.Add(from);
        // The same at every try, so that a mailbox recognises a repeat.
        message.MessageId = $"{key}@{from.Domain}";
        message.To.AddRange(MailAddresses.Split(options.Value.To).Select(MailboxAddress.Parse));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        var text = over
            ? $"{where}: this is over.\n\nIt was:\n{incident.Text}\n"
            : $"{where}\n\n{incident.Text}\n\nSee: {(incident.Cause is "news" or "documents" ? "documents" : "queue")} list --council "
                + $"{incident.Council}\nThere is one mail when it begins and one when it is over.\n";
        message.Body = ReportMail.TextOf(text, TextFormat.Plain);
        return message;
    }
}
