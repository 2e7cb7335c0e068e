using System.Net.Mail;
using PluginGateway.Contracts;

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
        var template = settings.Services.GetValueOrDefault(request.Service.Code)?.Template ?? settings.Template;
        using var message = await ComposeAsync(request, template, attempt, ct);
        var result = await transport.SendAsync(message, attempt.DeliveryKey, ct);
        return new Submission { Excerpt = result };
    }

    /// <summary>A template or sender address that is wrong is wrong for every report: nothing was sent, and a person must mend it.</summary>
    private async Task<MailMessage> ComposeAsync(ServiceRequest request, string? template, IAttempt attempt, CancellationToken ct)
    {
        try
        {
            return await mail.ComposeAsync(request, context, To(request), template, attempt.DeliveryKey, ct);
        }
        catch (Exception e) when (e is FormatException or IOException or InvalidOperationException)
        {
            throw AdapterException.Misconfigured("The mail cannot be written: its template or sender is wrong.", e.Message);
        }
    }

    private string To(ServiceRequest request) => settings.Services.GetValueOrDefault(request.Service.Code)?.To ?? settings.To;
}
