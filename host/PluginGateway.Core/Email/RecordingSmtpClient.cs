using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace PluginGateway.Core.Email;

/// <summary>Goes on when a recipient is refused, so that the others get the mail, and remembers what was said to whom.</summary>
/// <param name="reply">Remembers what the server said last.</param>
internal sealed class RecordingSmtpClient(LastReply reply) : SmtpClient(reply)
{
    private readonly ContentProgress _progress = new();

    /// <summary>The addresses that were refused, and the server's answer.</summary>
    public Dictionary<string, SmtpResponse> Refused { get; } = new(StringComparer.OrdinalIgnoreCase);

    public LastReply Reply { get; } = reply;

    public ITransferProgress Progress => _progress;

    /// <summary>Whether some of the mail's content was written to the connection.</summary>
    public bool HasContentLeft => _progress.HasBegun;

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => Refused[mailbox.Address] = response;

    private sealed class ContentProgress : ITransferProgress
    {
        public bool HasBegun { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => HasBegun = true;

        public void Report(long bytesTransferred) => HasBegun = true;
    }
}
