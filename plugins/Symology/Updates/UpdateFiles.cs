using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>
/// Fetches the council's exports. Each is stored by the gateway before it is looked at; one that has not changed is not fetched again.
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
                // The other files are fetched all the same.
                cancellationToken.ThrowIfCancellationRequested();
                failures.Add($"{Shown(new Uri(url))}: {e.Message} {(e as AdapterException)?.Detail}".TrimEnd());
            }
        }

        return failures.Count == 0
            ? new UpdateBatch { Cursor = JsonSerializer.Serialize(marks, UpdateFilesJson.Default.DictionaryStringString) }
            : throw AdapterException.Transient("The council's files could not all be fetched.", string.Join("; ", failures));
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

    /// <summary>An address without what may be secret in it.</summary>
    private static string Shown(Uri url) => url.GetLeftPart(UriPartial.Path);

    /// <summary>The last part of its path; where several addresses end alike, with their number before it, so that they are not taken for one.</summary>
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
        // By a digest: an address may hold a key, and a cursor is stored.
        var place = UpdateIds.Md5(url, 32);
        if (marks.GetValueOrDefault(place) is { } mark && EntityTagHeaderValue.TryParse(mark, out var tag))
            request.Headers.IfNoneMatch.Add(tag);

        using var response = await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return;
        if (!response.IsSuccessStatusCode)
            throw AdapterException.Transient("The file cannot be fetched:", $"{(int)response.StatusCode} {response.ReasonPhrase}");
        // A login page or an apology with a good status is no export.
        if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml" or "application/json")
            throw AdapterException.Transient("It is no CSV or XML file:", response.Content.Headers.ContentType.ToString());

        await using (var content = await response.Content.ReadAsStreamAsync(cancellationToken))
            await from.Documents.SaveAsync(NameOf(address), content, cancellationToken);
        if (response.Headers.ETag is { } now)
            marks[place] = now.ToString();
        else
            marks.Remove(place);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class UpdateFilesJson : JsonSerializerContext;
