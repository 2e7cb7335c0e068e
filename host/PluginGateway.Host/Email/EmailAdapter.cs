using MimeKit;
using PluginGateway.Contracts;
using PluginGateway.Host.Templates;

namespace PluginGateway.Host.Email;

/// <summary>Sends reports of one council as mail.</summary>
internal sealed class EmailAdapter(EmailSettings settings, AdapterContext context, ReportMail mail, IMailTransport transport) : IRequestPlanner, IRequestSender
{
    public RequestPlan Plan(ServiceRequest request)
    {
        var to = To(request);
        return new RequestPlan
        {
            Facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["to"] = to },
            Trace = [new PlanStep { Rule = "address by service", Inputs = $"service={request.Service.Code}", Output = to }],
        };
    }

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
    {
        var addresses = MailAddresses.Split(To(request));
        var notes = new RecipientNotes(attempt);
        var due = notes.Due(addresses);
        if (due.Count == 0)
            return new Submission { Excerpt = "every address has it already" };

        using var message = await ComposeAsync(request, attempt, ct);
        var receipt = await transport.SendAsync(message, [.. due.Select(i => MailboxAddress.Parse(addresses[i]))], attempt.DeliveryKey, ct);
        var refused = notes.RefusedOf(addresses, due, receipt);
        await notes.RecordAsync(addresses, due, receipt, ct);
        if ((Later(due, receipt, addresses) ?? Refused(refused, due, receipt, addresses)) is { } failure)
            throw failure;
        return new Submission { Excerpt = receipt.Text };
    }

    /// <summary>A template or sender address that is wrong is wrong for every report: nothing was sent, and a person must mend it.</summary>
    private async Task<MimeMessage> ComposeAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
    {
        var template = settings.Services.GetValueOrDefault(request.Service.Code)?.Template ?? settings.Template;
        try
        {
            return await mail.ComposeAsync(request, context, To(request), template, attempt.DeliveryKey, ct);
        }
        catch (TemplateException e) when (e.IsTemporary)
        {
            throw AdapterException.Transient("The mail could not be written in time.", e.Message);
        }
        catch (Exception e) when (e is TemplateException or FormatException or IOException or InvalidOperationException)
        {
            throw AdapterException.Misconfigured("The mail cannot be written: its template or sender is wrong.", e.Message);
        }
    }

    /// <summary>Whoever was refused for now is tried again before anything else is decided.</summary>
    private static AdapterException? Later(IReadOnlyList<int> due, MailReceipt receipt, IReadOnlyList<string> addresses) =>
        receipt.Recipients.Any(r => r.Outcome == RecipientOutcome.Later)
            ? AdapterException.Transient($"The mail server cannot take the mail for {Positions(With(due, receipt, RecipientOutcome.Later), addresses)} at the moment.", Detail(due, receipt, addresses))
            : null;

    private static AdapterException? Refused(IReadOnlyList<int> refused, IReadOnlyList<int> due, MailReceipt receipt, IReadOnlyList<string> addresses) => refused.Count > 0
        ? AdapterException.Rejected($"The mail server refused the mail for {Positions(refused, addresses)}.", Detail(due, receipt, addresses))
        : null;

    private static IReadOnlyList<int> With(IReadOnlyList<int> due, MailReceipt receipt, RecipientOutcome outcome) =>
        [.. due.Where((_, i) => receipt.Recipients[i].Outcome == outcome)];

    private static string Positions(IReadOnlyList<int> positions, IReadOnlyList<string> addresses) => addresses.Count == 1
        ? "the address"
        : $"address{(positions.Count == 1 ? "" : "es")} {string.Join(", ", positions.Select(i => i + 1))} of {addresses.Count}";

    private static string Detail(IReadOnlyList<int> due, MailReceipt receipt, IReadOnlyList<string> addresses) =>
        string.Join("; ", due.Select((position, i) => (position, Result: receipt.Recipients[i])).Where(r => r.Result.Outcome != RecipientOutcome.Taken).Select(r => $"address {r.position + 1} of {addresses.Count}: {r.Result.Words}"));

    private string To(ServiceRequest request) => settings.Services.GetValueOrDefault(request.Service.Code)?.To ?? settings.To;
}
