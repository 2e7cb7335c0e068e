using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>
/// Writes e-mails to files. Only complete files appear in the folder: each is written under another name, flushed to disk, and then renamed to
/// <c>.eml</c>. The file name is derived from the delivery, so that a repeat replaces the file.
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
            throw AdapterException.Transient("The e-mail could not be written to the pickup folder.", $"{e.GetType().Name}: {e.Message}");
        }
        finally
        {
            // An incomplete file, if writing failed or was cancelled.
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
