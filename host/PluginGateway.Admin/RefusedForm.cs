using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace PluginGateway.Admin;

/// <summary>
/// What was typed into a form that was refused. It is kept, encrypted, in a cookie for the next page, so that the answer to the form can be a
/// redirect and reloading the page repeats nothing.
/// </summary>
/// <param name="Path">The page of the form.</param>
/// <param name="Handler">The form's handler; empty for the default handler.</param>
/// <param name="Fields">The fields with their values, without passwords and codes.</param>
internal sealed record RefusedForm(string Path, string Handler, Dictionary<string, string[]> Fields)
{
    private const string Key = "typed";

    /// <summary>
    /// The maximum length of what is kept, escaped as in the cookie. Encryption and Base64 make it half as long again, and some proxies refuse calls with more
    /// than 8 KB of cookies.
    /// </summary>
    private const int MaxLength = 3_500;

    private static readonly string[] Secrets = [AdminPages.FormField, "password", "now", "code"];

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static RefusedForm None { get; } = new("", "", []);

    /// <summary>Returns the form that the current page shows again; an empty one if there is none.</summary>
    public static RefusedForm On(HttpContext http, ITempDataDictionary kept)
    {
        if (http.Features.Get<RefusedForm>() is { } known)
            return known;

        var form = kept[Key] is string text && JsonSerializer.Deserialize<RefusedForm>(text, Json) is { } read && http.Request.Path == read.Path ? read : None;
        http.Features.Set(form);
        return form;
    }

    /// <summary>Keeps the form of this request for the next page.</summary>
    /// <returns>Whether it was kept. A form that is too long is not; the page can only be the answer to the form itself.</returns>
    public static bool Keep(HttpContext http, ITempDataDictionary kept, string path)
    {
        var form = Of(http.Request, path);
        var text = JsonSerializer.Serialize(form, Json);
        if (JsonEncodedText.Encode(text).EncodedUtf8Bytes.Length > MaxLength)
        {
            http.Features.Set(form);
            return false;
        }

        kept[Key] = text;
        return true;
    }

    public bool IsOf(string handler) => Path.Length > 0 && string.Equals(Handler, handler, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the values of a field; empty if the form has no such field.</summary>
    public IReadOnlyList<string> Values(string handler, string field) => IsOf(handler) && Fields.TryGetValue(field, out var values) ? values : [];

    /// <summary>Returns the first value of a field; null if the form has no such field.</summary>
    public string? Value(string handler, string field) => Values(handler, field) is [var first, ..] ? first : null;

    private static RefusedForm Of(HttpRequest request, string path) => new(
        path,
        request.Query["handler"].ToString(),
        request.Form.Where(f => !Secrets.Contains(f.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(f => f.Key, f => f.Value.Select(v => v ?? "").ToArray(), StringComparer.Ordinal));
}
