using System.Net;
using System.Text.RegularExpressions;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests queued mode: reports are accepted immediately, mailed once, and recognised when repeated.</summary>
public sealed partial class AcceptingTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp().Council("mail", Some.EmailCouncil("mail"));

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Report_is_answered_with_an_id_and_mailed()
    {
        var answer = await _gateway.PostAsync("mail", Some.Report("POTHOLE", "77", "A <b>deep</b> hole\r\nby the gate",
            ("attribute[SIZE]", "l"), ("attribute[WHERE]", "On the left"), ("attribute[OTHER]", "more"), ("first_name", "Zoë"), ("last_name", "Ångström"),
            ("email", "zoe@example.org"),
            ("phone", "020 7946 0018"), ("media_url", "https://pics.example/1.jpg"), ("media_url", "https://pics.example/2.jpg")));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("text/xml; charset=utf-8", answer.ContentType);
        Assert.Matches("^PG[0-9A-HJKMNP-TV-Z]{13}$", answer.Id);
        var mail = Assert.Single(await _gateway.MailsAsync(1));
        Assert.Contains($"X-Report-Id: {answer.Id}\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Reply-To: =?utf-8?", mail, StringComparison.Ordinal);
        Assert.Contains("<zoe@example.org>", mail, StringComparison.Ordinal);
        Assert.Matches(MessageId(), mail);
        Assert.Contains("To: highways@mail.example\r\n", mail, StringComparison.Ordinal);
        var text = MailText.Plain(mail);
        foreach (var expected in new[]
        {
            "A <b>deep</b> hole\r\nby the gate", "How big?: Large", "Where?: On the left", "OTHER: more", "Zoë Ångström", "https://pics.example/2.jpg",
            "https://www.openstreetmap.org/?mlat=51.5&mlon=-0.1", "Number at the reporting site: 77", answer.Id,
        })
            Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Contains("A &lt;b&gt;deep&lt;/b&gt; hole", MailText.Html(mail), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repeated_report_has_the_same_id_and_is_mailed_once()
    {
        var first = await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        var again = await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        await _gateway.MailsAsync(1);
        var afterDelivery =
            await _gateway.PostAsync("mail", Some.Report(reference: "1", description: "A hole in the road", more: ("email", "new@example.org")));

        Assert.Equal([first.Id, first.Id, first.Id], [first.Id, again.Id, afterDelivery.Id]);
        await _gateway.PostAsync("mail", Some.Report(reference: "2"));
        Assert.Equal(2, (await _gateway.MailsAsync(2)).Count);
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT repeats FROM idempotency ORDER BY subject_id"));
    }

    [Fact]
    public async Task Changed_report_after_delivery_is_a_revision_with_a_new_id_and_mail()
    {
        var first = await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        await _gateway.MailsAsync(1);
        await Delivered(1);

        var changed = await _gateway.PostAsync("mail", Some.Report(reference: "1", description: "It is deeper now"));

        Assert.NotEqual(first.Id, changed.Id);
        var mail = (await _gateway.MailsAsync(2)).Single(m => m.Contains($"X-Report-Id: {changed.Id}", StringComparison.Ordinal));
        Assert.Contains("Subject: Changed report:", mail, StringComparison.Ordinal);
        Assert.Contains($"It replaces {first.Id}", MailText.Plain(mail), StringComparison.Ordinal);
        foreach (var id in new[] { first.Id, changed.Id })
            Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=mail")).Status);
    }

    [Fact]
    public async Task Same_reference_of_another_client_is_a_different_report()
    {
        var other = "other-key";
        await _gateway.Services.GetKeys().AddAsync("another site", other, ["mail"], ApiKeys.Reports, ClientProfile.None, null, default);

        var first = await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        var second = await _gateway.PostAsync("mail", Some.Report(reference: "1", more: ("api_key", other)));

        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Concurrent_posts_of_one_report_create_one_report()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _gateway.PostAsync("mail", Some.Report(reference: "1"))));

        Assert.Single(answers.Select(a => a.Id).Distinct(StringComparer.Ordinal));
        await _gateway.PostAsync("mail", Some.Report(reference: "2"));
        Assert.Equal(2, (await _gateway.MailsAsync(2)).Count);
    }

    [Fact]
    public async Task Idempotency_key_with_different_content_is_a_conflict()
    {
        using var first = await PostWithKey("one");
        using var same = await PostWithKey("one");
        using var other = await PostWithKey("two");

        Assert.Equal((await HttpReply.ReadAsync(first)).Id, (await HttpReply.ReadAsync(same)).Id);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal(["This Idempotency-Key was already used for a different report."], (await HttpReply.ReadAsync(other)).Errors);
    }

    [Fact]
    public async Task Decompression_bomb_is_rejected()
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in Some.Report().Append(("api_key", GatewayApp.Key)).Append(("jurisdiction_id", "mail")))
            form.Add(new StringContent(value), name);
        form.Add(new ByteArrayContent(Convert.FromHexString("89504E470D0A1A0A0000000D494844520000C3500000C350")), "photo1", "huge.png");

        using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/requests.json"), form);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.StartsWith("[{\"code\":413,", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }

    [Fact]
    public async Task Uploaded_pictures_are_attached_with_safe_names()
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in Some.Report().Append(("api_key", GatewayApp.Key)).Append(("jurisdiction_id", "mail")))
            form.Add(new StringContent(value), name);
        form.Add(new ByteArrayContent([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]), "photo1", "../../evil.exe");

        using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/requests.xml"), form);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var mail = Assert.Single(await _gateway.MailsAsync(1));
        Assert.Contains("name=evil.jpg", mail, StringComparison.Ordinal);
        Assert.Contains("image/jpeg", mail, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]), mail, StringComparison.Ordinal);
        Assert.DoesNotContain("..", MailText.Plain(mail).Split("Attached")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_characters_are_removed_from_headers()
    {
        await _gateway.PostAsync(
            "mail", Some.Report(more: [("first_name", "Eve\r\nBcc: victim@example.org"), ("email", "eve@example.org\r\nBcc: victim@example.org")]));

        var mail = Assert.Single(await _gateway.MailsAsync(1));
        Assert.DoesNotMatch("(?m)^Bcc:", mail.Split("\r\n\r\n")[0]);
    }

    private Task Delivered(int count) =>
        Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == count, $"{count} deliveries sent");

    private async Task<HttpResponseMessage> PostWithKey(string description)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_gateway.V2}/requests.xml"));
        request.Headers.Add("Idempotency-Key", "k-1");
        request.Headers.Authorization = new("Bearer", GatewayApp.Key);
        request.Content = new FormUrlEncodedContent(
            Some.Report(description: description).Append(("jurisdiction_id", "mail")).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        return await _gateway.Http.SendAsync(request);
    }

    [GeneratedRegex(@"(?m)^Message-ID: <PG[^@]+@localhost\.localdomain>\r$")]
    private static partial Regex MessageId();
}
