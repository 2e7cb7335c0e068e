using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace PluginGateway.Core.Email;

/// <summary>An SMTP client that continues when a recipient is refused, so that the others receive the e-mail, and records the refusals.</summary>
/// <param name="reply">Records the server's last reply.</param>
internal sealed class RecordingSmtpClient(LastReply reply) : SmtpClient(reply)
{
    private readonly ContentProgress _progress = new();

    /// <summary>The refused addresses and the server's replies.</summary>
    public Dictionary<string, SmtpResponse> Refused { get; } = new(StringComparer.OrdinalIgnoreCase);

    public LastReply Reply { get; } = reply;

    public ITransferProgress Progress => _progress;

    /// <summary>Whether part of the e-mail's content has been written to the connection.</summary>
    public bool IsContentSent => _progress.HasStarted;

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => Refused[mailbox.Address] = response;

    private sealed class ContentProgress : ITransferProgress
    {
        public bool HasStarted { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => HasStarted = true;

        public void Report(long bytesTransferred) => HasStarted = true;
    }
}
