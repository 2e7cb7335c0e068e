using MimeKit;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;

namespace PluginGateway.Core.Tests.Councils;

/// <summary>Tests the lists of addresses in settings: the mail library must parse every address that passes the check.</summary>
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
    public void Valid_lists_are_split_as_by_the_mail_library(string list, int count)
    {
        Assert.Null(MailAddresses.FindProblem(list));

        var addresses = MailAddresses.Split(list);
        Assert.Equal(count, addresses.Count);
        Assert.All(addresses, a => Assert.True(MailboxAddress.TryParse(a, out _)));
        Assert.Equal(InternetAddressList.Parse(list.TrimEnd(',')).Mailboxes.Select(m => m.Address), addresses.Select(a => MailboxAddress.Parse(a).Address));
    }

    [Theory]
    [InlineData("a@council.example; b@council.example", "\"a@council.example; b@council.example\" is not a valid e-mail address; separate addresses with "
        + "commas, not semicolons")]
    [InlineData("a@council.example b@council.example", "\"a@council.example b@council.example\" is not a valid e-mail address")]
    [InlineData("", "must contain at least one e-mail address")]
    [InlineData(" , ,", "must contain at least one e-mail address")]
    [InlineData("nobody", "\"nobody\" is not a valid e-mail address")]
    [InlineData("a@", "\"a@\" is not a valid e-mail address")]
    [InlineData("a@-council.example", "\"a@-council.example\" is not a valid e-mail address")]
    [InlineData("a..b@council.example", "\"a..b@council.example\" is not a valid e-mail address")]
    [InlineData("a@council.example\r\nBcc: b@council.example", "\"a@council.example\r\nBcc: b@council.example\" is not a valid e-mail address")]
    [InlineData("Roads <a@council.example", "\"Roads <a@council.example\" is not a valid e-mail address")]
    [InlineData("group: a@council.example", "\"group: a@council.example\" is not a valid e-mail address")]
    public void Invalid_lists_are_rejected_with_the_invalid_part(string list, string problem) => Assert.Equal(problem, MailAddresses.FindProblem(list));

    [Theory]
    [InlineData(465, null, true)]
    [InlineData(587, null, false)]
    [InlineData(465, false, false)]
    [InlineData(2465, true, true)]
    public void Implicit_tls_is_the_default_on_port_465(int port, bool? setting, bool isImplicit) =>
        Assert.Equal(isImplicit, new SmtpOptions { Port = port, ImplicitTls = setting }.IsImplicitTls);

    [Fact]
    public void Overlong_list_is_rejected() =>
        Assert.Equal(
            "must not contain more than 50 addresses",
            MailAddresses.FindProblem(string.Join(',', Enumerable.Range(0, 51).Select(i => $"a{i}@council.example"))));
}
