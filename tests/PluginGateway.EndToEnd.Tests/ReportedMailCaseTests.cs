using System.Net;
using System.Text;
using MimeKit;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests inputs that failed in other projects that send reports by e-mail.</summary>
public sealed class ReportedMailCaseTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));
    private readonly TempFolder _folder = new();

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    [Trait("Case", "01-semicolon-recipients")]
    public async Task Recipients_that_are_separated_by_semicolons_or_blanks_are_refused_with_their_path()
    {
        var file = _folder.Write(
            "council.json",
            """
            {"jurisdictionId":"semi","name":"S","sendMethod":"email","backends":{"email":{"adapter":"email","settings":{"to":"a@council.example; b@council.example",
             "services":{"A":{"to":"c@council.example d@council.example"}}}}},
             "alsoSend":[{"to":"first@council.example; second@council.example"}],"services":[{"code":"A","name":"Pothole"}]}
            """);

        var (exitCode, output, _) = await GatewayProcess.RunAsync("check", file, $"--State:Path={_folder.At("state")}", $"--Plugins:Path={_folder.At("plugins")}");

        Assert.Equal(
            (1,
                $"""
                {file}: 3 errors
                  $.alsoSend[0].to: "first@council.example; second@council.example" is not a valid e-mail address; several addresses must be a list of strings
                  $.backends.email.settings.to: "a@council.example; b@council.example" is not a valid e-mail address; separate addresses with commas, not semicolons
                  $.backends.email.settings.services.A.to: "c@council.example d@council.example" is not a valid e-mail address

                """.ReplaceLineEndings("\n")),
            (exitCode, output));
    }

    [Theory]
    [InlineData("a@council.example; b@council.example")]
    [InlineData("a@council.example b@council.example")]
    public async Task Invalid_recipients_of_alerts_prevent_the_start_with_a_message(string to)
    {
        var start = await Record.ExceptionAsync(() => GatewayProcess.StartAsync($"--State:Path={_folder.At("state")}", $"--Alerts:To={to}"));

        Assert.Contains("Alerts:To", Assert.IsType<InvalidOperationException>(start).Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Case", "03-no-reply-address")]
    [InlineData("phone", "020 7946 0000")]
    [InlineData("email", "jürg@müller.example")]
    [InlineData("email", "Jo <jo@example.org>")]
    [InlineData("email", "\"john doe\"@example.org")]
    [InlineData("email", "jo..x.@example.org")]
    public async Task Mail_promises_no_reply_that_cannot_reach_the_person(string name, string value)
    {
        await _gateway.PostAsync("one", Some.Report(more: [("first_name", "Anna"), ("last_name", "Phoneonly"), (name, value)]));

        using var mail = await MailAsync();
        Assert.Empty(mail.ReplyTo);
        Assert.All([mail.TextBody, mail.HtmlBody], text =>
        {
            Assert.Contains("Please do not reply to this email", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Reply to this email to write", text, StringComparison.Ordinal);
        });
        Assert.Contains(value, mail.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Case", "06-attachment-names")]
    public async Task Attachments_have_names_that_the_council_can_open()
    {
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
        var longName = new string('n', 110) + ".jpg";
        (string Name, byte[] Content, string Expected)[] files =
        [
            ("plan.docx", [(byte)'P', (byte)'K', 3, 4, 20, 0], "plan.docx"),
            ("clip.MOV", [.. new byte[] { 0, 0, 0, 20 }, .. "ftypqt  "u8, 0, 0, 0, 0, .. "qt  "u8], "clip.mov"),
            ("IMG_1.HEIC", [.. new byte[] { 0, 0, 0, 24 }, .. "ftypmif1"u8, 0, 0, 0, 0, .. "mif1heic"u8], "IMG_1.heic"),
            (longName, jpeg, new string('n', 96) + ".jpg"),
            ("Foto Straße – größe 🏳.PNG", [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A], "Foto Straße größe.png"),
            ("empty.jpg", [], ""),
        ];
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in Some.Report().Concat([("api_key", GatewayApp.Key), ("jurisdiction_id", "one")]))
            form.Add(new StringContent(value), $"\"{name}\"");
        foreach (var (name, content, _) in files)
        {
            var part = new ByteArrayContent(content);
            // As browsers do: UTF-8 in the plain file name.
            part.Headers.TryAddWithoutValidation(
                "Content-Disposition", $"form-data; name=\"photo\"; filename=\"{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name))}\"");
            form.Add(part);
        }

        using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/requests.xml"), form);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var mail = await MailAsync();
        var names = mail.BodyParts.OfType<MimePart>().Select(p => p.FileName).OfType<string>().ToList();
        Assert.Equal(files.Select(f => f.Expected).Where(n => n.Length > 0).Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    private async Task<MimeMessage> MailAsync() => await MimeMessage.LoadAsync(
        new MemoryStream(Encoding.Latin1.GetBytes(File.ReadAllText(await Eventually.GetAsync(
            () => Directory.Exists(_gateway.Pickup) ? Directory.GetFiles(_gateway.Pickup, "*.eml").FirstOrDefault() : null, "a mail"), Encoding.Latin1))));
}
