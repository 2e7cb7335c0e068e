using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using PluginGateway.Core.Clients;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Decodes the text parts of a mail as a mail program does.</summary>
internal static class MailText
{
    public static string Plain(string mail) => Part(mail, "plain");

    public static string Html(string mail) => Part(mail, "html");

    public static MimeMessage Parse(string mail)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(mail));
        return MimeMessage.Load(stream);
    }

    public static ApiKeys GetKeys(this IServiceProvider services) => services.GetRequiredService<ApiKeys>();

    private static string Part(string mail, string subtype)
    {
        var part = Parse(mail).BodyParts.OfType<TextPart>().Single(p => p.ContentType.IsMimeType("text", subtype) && !p.IsAttachment);
        Assert.Equal(("utf-8", ContentEncoding.QuotedPrintable), (part.ContentType.Charset, part.ContentTransferEncoding));
        return part.Text.ReplaceLineEndings("\r\n");
    }
}
