namespace PluginGateway.Host.Open311;

/// <summary>
/// The target of a request. It is parsed from the raw target, because a decoded path does not distinguish <c>%2F</c> from <c>/</c>, and a service
/// code can contain either. Only the last extension is the format, because a code can contain dots.
/// </summary>
internal sealed record Open311Target
{
    public const string Root = "/open311";

    private const string Version = "/v2/";
    private const string KeyStart = "/key/";
    private const string Media = "media/";
    private const string Xml = ".xml";
    private const string Json = ".json";

    public required Open311Resource Resource { get; init; }

    public required ResponseFormat Format { get; init; }

    /// <summary>The council in the path; null for the base URL of all councils.</summary>
    public string? Council { get; init; }

    /// <summary>
    /// The API key in the path, for clients that cannot send one with their GET calls: <c>/open311/{council}/key/{key}/v2/…</c>. Logs and links must not
    /// contain it.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The code, id or token in the path; empty if it is missing.</summary>
    public string Id { get; init; } = "";

    public bool AllowsPost => Resource is Open311Resource.Requests or Open311Resource.Updates;

    public static Open311Target Parse(string rawTarget)
    {
        var path = Path(rawTarget);
        var format = path.EndsWith(Json, StringComparison.Ordinal) ? ResponseFormat.Json : ResponseFormat.Xml;
        var unknown = new Open311Target { Resource = Open311Resource.Unknown, Format = format };
        if (!path.StartsWith(Root, StringComparison.Ordinal))
            return unknown;

        var rest = path.AsSpan(Root.Length);
        if (rest is "" or "/")
            return unknown with { Resource = Open311Resource.Page };
        if (rest is "/discovery.xml" or "/discovery.json")
            return unknown with { Resource = Open311Resource.Discovery };

        var start = unknown;
        if (!rest.StartsWith(Version) && !TryReadCouncil(ref start, ref rest))
            return unknown;

        var resource = Decode(rest[Version.Length..]);
        if (resource.StartsWith(Media))
            return start with { Resource = Open311Resource.Media, Id = resource[Media.Length..].ToString() };
        var extension = resource.EndsWith(Xml) ? Xml : resource.EndsWith(Json) ? Json : null;
        if (extension is null)
            return start;

        var found = start with { Format = extension == Json ? ResponseFormat.Json : ResponseFormat.Xml };
        return Find(found, resource[..^extension.Length]);
    }

    /// <summary>Reads the council, and the key if there is one, from the start of a path; the rest then begins with the version.</summary>
    private static bool TryReadCouncil(ref Open311Target target, ref ReadOnlySpan<char> rest)
    {
        var end = rest[1..].IndexOf('/') + 1;
        if (end == 0)
            return false;

        target = target with { Council = Decode(rest[1..end]).ToString() };
        rest = rest[end..];
        if (rest.StartsWith(KeyStart))
        {
            rest = rest[KeyStart.Length..];
            var length = rest.IndexOf('/');
            if (length <= 0)
                return false;
            target = target with { Key = Decode(rest[..length]).ToString() };
            rest = rest[length..];
        }

        return rest.StartsWith(Version);
    }

    private static Open311Target Find(Open311Target target, ReadOnlySpan<char> resource)
    {
        var slash = resource.IndexOf('/');
        if (slash < 0)
            return target with
            {
                Resource = resource switch
                {
                    "services" => Open311Resource.Services,
                    "requests" => Open311Resource.Requests,
                    "servicerequestupdates" => Open311Resource.Updates,
                    "discovery" => Open311Resource.Discovery,
                    _ => Open311Resource.Unknown,
                },
            };

        var one = resource[..slash] switch
        {
            "services" => Open311Resource.Service,
            "requests" => Open311Resource.Request,
            "tokens" => Open311Resource.Token,
            "update_tokens" => Open311Resource.UpdateToken,
            _ => Open311Resource.Unknown,
        };
        return one == Open311Resource.Unknown ? target : target with { Resource = one, Id = resource[(slash + 1)..].ToString() };
    }

    private static string Path(string rawTarget)
    {
        var target = rawTarget;
        // Absolute form (RFC 9112 3.2.2): scheme and host before the path.
        if (target.Length > 0 && target[0] != '/' && target.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
            target = target.IndexOf('/', scheme + 3) is > 0 and var slash ? target[slash..] : "/";

        var query = target.AsSpan().IndexOfAny('?', '#');
        return query < 0 ? target : target[..query];
    }

    private static ReadOnlySpan<char> Decode(ReadOnlySpan<char> text) => text.Contains('%') ? Uri.UnescapeDataString(text) : text;
}

internal enum Open311Resource
{
    Unknown,
    Page,
    Discovery,
    Services,
    Service,
    Requests,
    Request,
    Token,
    Updates,
    UpdateToken,
    Media,
}

internal enum ResponseFormat
{
    Xml,
    Json,
}
