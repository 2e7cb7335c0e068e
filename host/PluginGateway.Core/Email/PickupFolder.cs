using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>
/// Writes mails as files. A file appears complete: it is written under a name that does not end in <c>.eml</c>, flushed to the disk, and renamed. The same
/// delivery has the same name, so that a repeat replaces it.
/// </summary>
internal sealed class PickupFolder(IOptions<EmailOptions> options) : IMailTransport
{
    private static readonly FormatOptions Format = MakeFormat();

    public async Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct)
    {
        var folder = options.Value.FullPickupPath;
        var writing = Path.Combine(folder, ".writing", $"{deliveryKey}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(writing)!);
            await using (var stream = new FileStream(writing, FileMode.CreateNew, FileAccess.Write))
            {
                await message.WriteToAsync(Format, stream, ct);
                stream.Flush(flushToDisk: true);
            }

            var name = deliveryKey + ".eml";
            File.Move(writing, Path.Combine(folder, name), overwrite: true);
            return MailReceipt.Accepted($"written as {name}", recipients.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AdapterException.Transient("The mail could not be written.", $"{e.GetType().Name}: {e.Message}");
        }
        finally
        {
            // Half of a mail, when it could not be written or the call was cancelled.
            if (File.Exists(writing))
                File.Delete(writing);
        }
    }

    private static FormatOptions MakeFormat()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }
}
