using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>A browser without scripts: keeps cookies, submits the forms of a page, and does not follow redirects.</summary>
internal sealed class Visitor : IDisposable
{
    public const string Password = "correct horse battery";

    /// <summary>The subject of the tests' certificates.</summary>
    public const string OfTests = "CN=localhost, O=Tests";

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    public Visitor(Uri gateway)
    {
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            CookieContainer = Cookies,
            SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == OfTests },
        };
        _http = new HttpClient(_handler) { BaseAddress = gateway, Timeout = TimeSpan.FromMinutes(1) };
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>Creates a visitor signed in with a new account. The session is created directly, because hashing passwords is slow.</summary>
    public static async Task<Visitor> SignedInAsync(GatewayApp gateway, Role role, params string[] councils)
    {
        var name = $"{role}-{Guid.NewGuid():N}"[..20].ToLowerInvariant();
        await gateway.Get<IDatabase>().WriteAsync(
            db => db.ExecuteAsync(
                "INSERT INTO account (name, password, role, councils, disabled, created, signed_in) VALUES (@name, '', @role, @councils, 0, 0, 0)",
                new { name, role = (int)role, councils = string.Join(',', councils) }),
            default);
        var account = (await gateway.Get<AccountStore>().ListAsync(default)).Single(a => a.Name == name);
        var visitor = new Visitor(gateway.Address);
        visitor.Cookies.SetCookies(gateway.Address, await SessionCookie.BeginAsync(gateway.Services, gateway.Address, account));
        return visitor;
    }

    public Task<Seen> SignInAsync(string name, string password) => SubmitAsync("/admin/sign-in", "form", ("name", name), ("password", password));

    /// <summary>Signs in with a wrong name or password, and returns the text that the visitor then sees.</summary>
    public async Task<string> FailToSignInAsync(string name, string password) => (await FollowAsync(await SignInAsync(name, password))).Text;

    /// <summary>Submits a form that is refused, and returns the page that the visitor then sees.</summary>
    public async Task<Seen> SubmitRefusedAsync(string path, string form, params (string Name, string Value)[] fields) =>
        await FollowAsync(await SubmitAsync(path, form, fields));

    /// <summary>Follows a redirect.</summary>
    public async Task<Seen> FollowAsync(Seen redirect)
    {
        Assert.True(redirect.Status == HttpStatusCode.Redirect, $"{redirect.Status}: {redirect.Text}");
        return await GetAsync(redirect.Location!.Split('#')[0]);
    }

    public async Task<Seen> GetAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return await Seen.ReadAsync(response);
    }

    /// <summary>Opens a page, fills in one of its forms and submits it.</summary>
    /// <param name="path">The address of the page.</param>
    /// <param name="form">A CSS selector of the form.</param>
    /// <param name="fields">The fields to fill in; the others keep their values.</param>
    public async Task<Seen> SubmitAsync(string path, string form, params (string Name, string Value)[] fields)
    {
        var page = await GetAsync(path);
        Assert.True(page.Status == HttpStatusCode.OK, $"{path}: {page.Status}");
        var found = page.Document.QuerySelectorAll<IHtmlFormElement>("main form").FirstOrDefault(f => f.Matches(form))
            ?? throw new InvalidOperationException($"{path} has no form {form}.\n{page.Body}");
        var all = found.Elements.OfType<IHtmlInputElement>().Where(i => i.Name is { Length: > 0 } && (i.Type is not ("checkbox" or "radio") || i.IsChecked))
            .Select(i => (Name: i.Name!, i.Value))
            .Concat(found.Elements.OfType<IHtmlSelectElement>().Where(s => s.Name is { Length: > 0 }).Select(s => (Name: s.Name!, Value: s.Value ?? "")))
            .Concat(found.Elements.OfType<IHtmlTextAreaElement>().Where(t => t.Name is { Length: > 0 }).Select(t => (Name: t.Name!, t.Value)))
            .Where(p => fields.All(f => f.Name != p.Name))
            .Concat(fields);
        var action = found.GetAttribute("action") is { Length: > 0 } to ? to : path;
        return found.Method == "get"
            ? await GetAsync($"{action}?{string.Join('&', all.Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}"))}")
            : await PostAsync(action, [.. all]);
    }

    /// <summary>Posts fields without a form, and therefore without a form token unless it is given.</summary>
    public async Task<Seen> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        return await Seen.ReadAsync(response);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message) => await _http.SendAsync(message);

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}

/// <summary>A response of the site.</summary>
internal sealed record Seen(HttpStatusCode Status, string Body, string? Location, IReadOnlyDictionary<string, string> Headers, IReadOnlyList<string> SetCookies)
{
    private IHtmlDocument? _document;

    public IHtmlDocument Document => _document ??= new HtmlParser().ParseDocument(Body);

    public int Bytes => System.Text.Encoding.UTF8.GetByteCount(Body);

    /// <summary>The visible text of the page's main part, on one line.</summary>
    public string Text => string.Join(' ', (Document.QuerySelector("main")?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public static async Task<Seen> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode,
        await response.Content.ReadAsStringAsync(),
        response.Headers.Location?.OriginalString,
        response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase),
        response.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : []);
}
