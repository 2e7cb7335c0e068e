using MimeKit;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>Sends the reports of one council by e-mail.</summary>
internal sealed class EmailAdapter(EmailSettings settings, AdapterContext context, ReportMail mail, IMailTransport transport) : IRequestPlanner, IRequestSender
{
    public RequestPlan Plan(ServiceRequest request)
    {
        var to = GetAddresses(request);
        return new RequestPlan
        {
            Facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["to"] = to },
            Trace = [new PlanStep { Rule = "address by service", Inputs = $"service={request.Service.Code}", Output = to }],
        };
    }

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
    {
        var addresses = MailAddresses.Split(GetAddresses(request));
        var notes = new RecipientNotes(attempt);
        var due = notes.Due(addresses);
        if (due.Count == 0)
            return new Submission { ResponseExcerpt = "already delivered to every address" };

        using var message = await ComposeAsync(request, attempt, ct);
        var receipt = await transport.SendAsync(message, [.. due.Select(i => MailboxAddress.Parse(addresses[i]))], attempt.DeliveryKey, ct);
        var refused = notes.RefusedOf(addresses, due, receipt);
        // Recorded even if the call is cancelled: some recipients may already have the e-mail.
        await notes.RecordAsync(addresses, due, receipt, CancellationToken.None);
        if ((Later(due, receipt, addresses) ?? Refused(refused, addresses)) is { } failure)
            throw failure;
        return new Submission { ResponseExcerpt = receipt.Text };
    }

    /// <summary>
    /// Creates the e-mail. Templates are validated before they are used, so a failure here concerns only this report: it is held, and other reports
    /// continue.
    /// </summary>
    private async Task<MimeMessage> ComposeAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
    {
        var template = settings.Services.GetValueOrDefault(request.Service.Code)?.Template ?? settings.Template;
        try
        {
            return await mail.ComposeAsync(request, context, GetAddresses(request), template, attempt.DeliveryKey, ct);
        }
        catch (TemplateException e) when (e.IsTemporary)
        {
            throw AdapterException.Transient("The e-mail could not be created in time.", e.Message);
        }
        catch (Exception e) when (e is TemplateException or FileNotFoundException)
        {
            throw AdapterException.Rejected("The e-mail for this report cannot be created.", e.Message);
        }
    }

    /// <summary>Returns the failure for temporarily refused recipients, or null. They are retried before permanent refusals are reported.</summary>
    private static AdapterException? Later(IReadOnlyList<int> due, MailReceipt receipt, IReadOnlyList<string> addresses)
    {
        var later = receipt.WithOutcome(RecipientOutcome.Deferred, due).ToList();
        return later.Count > 0
            ? AdapterException.Transient($"The mail server temporarily refused the e-mail for {Positions(later, addresses)}.", Detail(later, addresses))
            : null;
    }

    private static AdapterException? Refused(IReadOnlyList<(int Position, string Words)> refused, IReadOnlyList<string> addresses) => refused.Count > 0
        ? AdapterException.Rejected($"The mail server refused the e-mail for {Positions(refused, addresses)}.", Detail(refused, addresses))
        : null;

    private static string Positions(IReadOnlyList<(int Position, string Words)> refused, IReadOnlyList<string> addresses) => addresses.Count == 1
        ? "the address"
        : $"address{(refused.Count == 1 ? "" : "es")} {string.Join(", ", refused.Select(r => r.Position + 1))} of {addresses.Count}";

    private static string Detail(IReadOnlyList<(int Position, string Words)> refused, IReadOnlyList<string> addresses) =>
        string.Join("; ", refused.Select(r => $"address {r.Position + 1} of {addresses.Count}: {r.Words}"));

    private string GetAddresses(ServiceRequest request) => settings.Services.GetValueOrDefault(request.Service.Code)?.To ?? settings.To;
}
