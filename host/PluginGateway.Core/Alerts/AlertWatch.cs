using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Alerts;

/// <summary>Checks for incidents and notifies operators of each one twice: when it begins and when it is resolved.</summary>
internal sealed class AlertWatch(
    IDatabase database, Incidents incidents, LeaderLocks leaderLocks, IMailTransport mail, IOptions<AlertOptions> options, IOptions<EmailOptions> email,
    TimeProvider time, ILogger<AlertWatch> log)
    : PeriodicWork(time, log)
{
    private (long Id, bool Resolved) _logged;

    protected override string Purpose => "Checking for incidents";

    protected override TimeSpan Every => options.Value.Every;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        // Only one host checks at a time, so that no incident is reported twice.
        if (!await leaderLocks.TryHoldAsync("alerts", stoppingToken))
            return;

        var detected = await database.ReadAsync(db => DetectedIncident.FindAsync(db, options.Value.OldestUnsent, Time.NowMs()), stoppingToken);
        if (detected.Count == 0 && !await incidents.AnyAsync(stoppingToken))
            return;

        await incidents.SaveAsync(detected, stoppingToken);
        foreach (var incident in await incidents.ListUnnotifiedAsync(stoppingToken))
        {
            // If one notification fails, the remaining ones are sent later too.
            if (!await NotifyAsync(incident, stoppingToken))
                return;
            await incidents.MarkNotifiedAsync(incident, stoppingToken);
        }
    }

    /// <returns>Whether the notification has been sent or is not necessary.</returns>
    private async Task<bool> NotifyAsync(Incident incident, CancellationToken ct)
    {
        var resolved = incident.Closed > 0;
        if (_logged != (incident.Id, resolved))
        {
            // Each change is logged once, even if its e-mail is retried.
            _logged = (incident.Id, resolved);
            if (resolved)
                log.IncidentOver(incident.Council, incident.BackEnd, incident.Cause);
            else
                log.IncidentBegan(incident.Council, incident.BackEnd, incident.Cause, incident.Text);
        }

        if (options.Value.To.Length == 0 || (resolved && !incident.NotifiedOpen))
            return true;

        try
        {
            var key = $"alert-{incident.Id}-{(resolved ? "over" : "begins")}";
            using var message = Compose(incident, resolved, key);
            var receipt = await mail.SendAsync(message, [.. message.To.Mailboxes], key, ct);
            if (receipt.Recipients.FirstOrDefault(r => r.Outcome != RecipientOutcome.Accepted) is { } refused)
                log.AlertNotSent("The mail server refused an address in Alerts:To.", refused.Reply);
            return receipt.IsAcceptedBySome;
        }
#pragma warning disable CA1031 // Whatever the reason, the notification is retried later.
        catch (Exception e)
        {
            log.AlertNotSent(e.Message, (e as AdapterException)?.Detail ?? "");
            return false;
        }
#pragma warning restore CA1031
    }

    private MimeMessage Compose(Incident incident, bool resolved, string key)
    {
        var where = $"{incident.Council} / {incident.BackEnd}";
        var what = incident.Cause switch
        {
            "breaker" => "sending stopped after repeated failures",
            "settings" => "sending stopped, settings rejected or wrong",
            "held" => "reports need an operator",
            "news" => "updates are not collected",
            "documents" => "documents cannot be read",
            _ => "reports are waiting too long",
        };
        var message = new MimeMessage { Subject = HeaderText.Clean(resolved ? $"Resolved: {where}: {what}" : $"{where}: {what}"), Date = Time.GetUtcNow() };
        var from = MailboxAddress.Parse(email.Value.From);
        message.From.Add(from);
        // The same for every attempt, so that a mailbox recognises a repeat.
        message.MessageId = $"{key}@{from.Domain}";
        message.To.AddRange(MailAddresses.Split(options.Value.To).Select(MailboxAddress.Parse));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        var text = resolved
            ? $"{where}: the problem is resolved.\n\nThe problem was:\n{incident.Text}\n"
            : $"{where}\n\n{incident.Text}\n\nFor details, run: {(incident.Cause is "news" or "documents" ? "documents" : "queue")} list --council "
                + $"{incident.Council}\nAnother e-mail follows when the problem is resolved.\n";
        message.Body = ReportMail.TextOf(text, TextFormat.Plain);
        return message;
    }
}
