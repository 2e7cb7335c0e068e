using System.Net.Mail;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>
/// Writes mails as files. A file appears complete: it is written under another name, flushed to the disk, and renamed. The same delivery
/// has the same name, so that a repeat replaces it.
/// </summary>
internal sealed class PickupFolder(IOptions<EmailOptions> options) : IMailTransport
{
    public async Task<string> SendAsync(MailMessage message, string deliveryKey, CancellationToken ct)
    {
        var folder = options.Value.FullPickupPath;
        var writing = Path.Combine(folder, ".writing", $"{deliveryKey}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(writing);
            using (var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = writing })
                await client.SendMailAsync(message, ct);

            var written = Directory.GetFiles(writing).Single();
            var content = Encoding.Latin1.GetBytes(QuotedPrintable.Refold(await File.ReadAllTextAsync(written, Encoding.Latin1, ct)));
            await using (var stream = new FileStream(written, FileMode.Create, FileAccess.Write))
            {
                await stream.WriteAsync(content, ct);
                stream.Flush(flushToDisk: true);
            }

            var name = deliveryKey + ".eml";
            File.Move(written, Path.Combine(folder, name), overwrite: true);
            Directory.Delete(writing);
            return $"written as {name}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AdapterException.Transient("The mail could not be written.", $"{e.GetType().Name}: {e.Message}");
        }
    }
}
