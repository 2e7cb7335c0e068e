using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>
/// Fetches the council's exports. The gateway stores each file before it is read. A file whose ETag has not changed is not fetched again.
/// </summary>
internal sealed class UpdateFiles(SymologyUpdates settings, AdapterContext context)
{
    public async Task<UpdateBatch> FetchAsync(UpdateWindow from, CancellationToken cancellationToken)
    {
        var marks = Marks(from.Cursor);
        var failures = new List<string>();
        foreach (var url in settings.Urls)
        {
            try
            {
                await FetchAsync(url, marks, from, cancellationToken);
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException or OperationCanceledException || e is AdapterException { Kind: FailureKind.Transient })
            {
                // Continue with the other files.
                cancellationToken.ThrowIfCancellationRequested();
                failures.Add($"{Shown(new Uri(url))}: {e.Message} {(e as AdapterException)?.Detail}".TrimEnd());
            }
        }

        return failures.Count == 0
            ? new UpdateBatch { Cursor = JsonSerializer.Serialize(marks, UpdateFilesJson.Default.DictionaryStringString) }
            : throw AdapterException.Transient("Fetching some of the council's files failed.", string.Join("; ", failures));
    }

    private static Dictionary<string, string> Marks(string? cursor)
    {
        try
        {
            return cursor is null ? [] : JsonSerializer.Deserialize(cursor, UpdateFilesJson.Default.DictionaryStringString) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Returns a URL without its query, which may contain a key.</summary>
    private static string Shown(Uri url) => url.GetLeftPart(UriPartial.Path);

    /// <summary>
    /// Returns the file name for a URL: the last segment of its path. If several URLs have the same last segment, the URL's number precedes it.
    /// </summary>
    private string NameOf(Uri url)
    {
        var name = Name(url);
        var same = settings.Urls.Where(u => Name(new Uri(u)) == name).ToList();
        return same.Count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{same.FindIndex(u => new Uri(u) == url) + 1}-{name}");
    }

    private static string Name(Uri url) => url.Segments is [.., var last] && Uri.UnescapeDataString(last).Trim('/') is { Length: > 0 } name ? name : url.Host;

    private async Task FetchAsync(string url, Dictionary<string, string> marks, UpdateWindow from, CancellationToken cancellationToken)
    {
        var address = new Uri(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("PluginGateway", null));
        // A digest instead of the URL: the cursor is stored, and a URL may contain a key.
        var key = UpdateIds.Md5(url, 32);
        if (marks.GetValueOrDefault(key) is { } mark && EntityTagHeaderValue.TryParse(mark, out var tag))
            request.Headers.IfNoneMatch.Add(tag);

        using var response = await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return;
        if (!response.IsSuccessStatusCode)
            throw AdapterException.Transient("Fetching the file failed:", $"{(int)response.StatusCode} {response.ReasonPhrase}");
        // Login pages and error pages can arrive with a success status.
        if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml" or "application/json")
            throw AdapterException.Transient("The file is neither CSV nor XML:", response.Content.Headers.ContentType.ToString());

        await using (var content = await response.Content.ReadAsStreamAsync(cancellationToken))
            await from.Documents.SaveAsync(NameOf(address), content, cancellationToken);
        if (response.Headers.ETag is { } now)
            marks[key] = now.ToString();
        else
            marks.Remove(key);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class UpdateFilesJson : JsonSerializerContext;
