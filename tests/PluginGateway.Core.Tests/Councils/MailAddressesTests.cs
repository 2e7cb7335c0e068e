using MimeKit;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;

namespace PluginGateway.Core.Tests.Councils;

/// <summary>Lists of addresses in settings: what passes the check is what the mail library reads, address by address.</summary>
public sealed class MailAddressesTests
{
    [Theory]
    [InlineData("highways@council.example", 1)]
    [InlineData("a@council.example, b@council.example", 2)]
    [InlineData("a@council.example,b@council.example,", 2)]
    [InlineData("Roads <roads@council.example>", 1)]
    [InlineData("\"Roads, North\" <roads@council.example>, b@council.example", 2)]
    [InlineData("Größe <a.b+c@strasse-müller.example>", 1)]
    [InlineData("o'neill@council.example", 1)]
    [InlineData("gateway@localhost", 1)]
    public void Good_lists_are_read_as_the_mail_library_reads_them(string list, int count)
    {
        Assert.Null(MailAddresses.FindProblem(list));

        var addresses = MailAddresses.Split(list);
        Assert.Equal(count, addresses.Count);
        Assert.All(addresses, a => Assert.True(MailboxAddress.TryParse(a, out _)));
        Assert.Equal(InternetAddressList.Parse(list.TrimEnd(',')).Mailboxes.Select(m => m.Address), addresses.Select(a => MailboxAddress.Parse(a).Address));
    }

    [Theory]
    [InlineData("a@council.example; b@council.example", "\"a@council.example; b@council.example\" is not an e-mail address; separate addresses with "
        + "commas, not with semicolons")]
    [InlineData("a@council.example b@council.example", "\"a@council.example b@council.example\" is not an e-mail address")]
    [InlineData("", "needs an e-mail address")]
    [InlineData(" , ,", "needs an e-mail address")]
    [InlineData("nobody", "\"nobody\" is not an e-mail address")]
    [InlineData("a@", "\"a@\" is not an e-mail address")]
    [InlineData("a@-council.example", "\"a@-council.example\" is not an e-mail address")]
    [InlineData("a..b@council.example", "\"a..b@council.example\" is not an e-mail address")]
    [InlineData("a@council.example\r\nBcc: b@council.example", "\"a@council.example\r\nBcc: b@council.example\" is not an e-mail address")]
    [InlineData("Roads <a@council.example", "\"Roads <a@council.example\" is not an e-mail address")]
    [InlineData("group: a@council.example", "\"group: a@council.example\" is not an e-mail address")]
    public void Bad_lists_are_refused_with_the_part_that_is_wrong(string list, string problem) => Assert.Equal(problem, MailAddresses.FindProblem(list));

    [Theory]
    [InlineData(465, null, true)]
    [InlineData(587, null, false)]
    [InlineData(465, false, false)]
    [InlineData(2465, true, true)]
    public void Encryption_begins_with_the_first_byte_on_port_465_unless_the_settings_say_otherwise(int port, bool? setting, bool isImplicit) =>
        Assert.Equal(isImplicit, new SmtpOptions { Port = port, ImplicitTls = setting }.IsImplicitTls);

    [Fact]
    public void A_list_without_end_is_refused() =>
        Assert.Equal("has more than 50 addresses", MailAddresses.FindProblem(string.Join(',', Enumerable.Range(0, 51).Select(i => $"a{i}@council.example"))));
}
