using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;
using PluginGateway.Core.Tests.Storage.Stores;

namespace PluginGateway.Core.Tests.Email;

/// <summary>Tests the mail to the council.</summary>
public sealed class ReportMailTests : IAsyncLifetime
{
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync([]);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Mail_contains_all_details_of_the_report()
    {
        using var mail = await ComposeAsync(ReportMailSamples.Full.Request);

        foreach (var text in new[] { mail.TextBody!, mail.HtmlBody! })
        {
            foreach (var expected in new[] { "Pothole", "A deep hole", "in front of number 5", "5 High Street", "openstreetmap.org", "How big is it?", "Large",
                "https://reports.example/photo.jpeg", "hole.jpeg", "plan.pdf (87 KB)", "film.mov (85.8 MB)", "PG0000000000001", "4711", "PG0000000000000",
                "Ann Example", "020 7946 0000" })
                Assert.Contains(expected, text, StringComparison.Ordinal);
            Assert.Contains("Reply to this email to write to the person who reported it.", text, StringComparison.Ordinal);
        }

        Assert.Equal("Changed report: Pothole (PG0000000000001)", mail.Subject);
        Assert.Equal("\"Ann Example\" <ann@example.org>", Assert.Single(mail.ReplyTo).ToString());
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero), mail.Date);
    }

    [Fact]
    public async Task Photos_are_inlined_and_other_files_attached()
    {
        using var mail = await ComposeAsync(ReportMailSamples.Full.Request);

        var mixed = Assert.IsType<Multipart>(mail.Body, exactMatch: false);
        Assert.True(mixed.ContentType.IsMimeType("multipart", "mixed"));
        var alternative = Assert.IsType<MultipartAlternative>(mixed[0]);
        var related = Assert.IsType<MultipartRelated>(alternative[1]);
        var photo = Assert.IsType<MimePart>(related[1]);
        Assert.Equal(("image/jpeg", "hole.jpeg"), (photo.ContentType.MimeType, photo.FileName));
        Assert.Contains($"src=\"cid:{photo.ContentId}\"", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("plan.pdf", Assert.IsType<MimePart>(mixed[1]).FileName);
        Assert.Equal(2, mixed.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("jo..x.@example.org")]
    [InlineData("\"john doe\"@example.org")]
    [InlineData("jörg@müller.example")]
    [InlineData("jo@example.org\r\nBcc: victim@example.org")]
    [InlineData("jo@example.org, victim@example.org")]
    [InlineData("Jo <jo@example.org>")]
    public async Task Mail_without_valid_reporter_address_has_no_reply_to(string? email)
    {
        using var mail =
            await ComposeAsync(
                ReportMailSamples.Full.Request with
                {
                    Reporter = new Reporter
                    {
                        FirstName = "Anna",
                        LastName = "Phoneonly",
                        Phone = "020 7946 0000",
                        Email = email,
                    }
                });

        Assert.Empty(mail.ReplyTo);
        Assert.All(
            [mail.TextBody, mail.HtmlBody],
            text => Assert.Contains("Please do not reply to this email: a reply cannot reach the person who reported it.", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Minimal_report_makes_a_complete_mail()
    {
        using var mail = await ComposeAsync(ReportMailSamples.Bare.Request);

        Assert.Equal("New report: Bin (PG0000000000001)", mail.Subject);
        Assert.Equal(
            """
            A report for The council.

            Service: Bin
            Report number: PG0000000000001
            Received: 2 March 2026, 09:00

            Not emptied

            WHERE
            No location was given.

            REPORTED BY
            Name: not given
            Email: not given
            Phone: not given

            Please do not reply to this email: a reply cannot reach the person who reported it.

            """,
            mail.TextBody!.ReplaceLineEndings("\n"));
        Assert.Equal("multipart/alternative", mail.Body!.ContentType.MimeType);
    }

    [Fact]
    public async Task Lines_do_not_exceed_the_smtp_limit()
    {
        using var mail = await ComposeAsync(ReportMailSamples.Full.Request with { Description = string.Concat(Enumerable.Repeat("Große 🕳 ", 3_000)) });
        using var written = new MemoryStream();

        await mail.WriteToAsync(written);

        var lines = System.Text.Encoding.UTF8.GetString(written.ToArray()).Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 998 && line.All(char.IsAscii), line));
    }

    private Task<MimeMessage> ComposeAsync(ServiceRequest request)
    {
        var options = Options.Create(new EmailOptions { TemplatesPath = "no-such-folder" });
        var renderer = new TemplateRenderer();
        var templates = new MailTemplates(
            new TemplateFiles(renderer, options, NullLogger<TemplateFiles>.Instance), _world.Get<TemplateStore>(), renderer, _world.Clock,
            NullLogger<MailTemplates>.Instance);
        var context = _world.Get<AdapterContexts>().For(_world.Main, default) with { Attachments = new TestAttachments() };
        return new ReportMail(templates, options).ComposeAsync(request, context, "roads@council.example", folder: null, "PG0000000000001-1-1", default);
    }
}
