namespace PluginGateway.Host.Open311;

/// <summary>
/// The target of a request. It is parsed from the raw target, because a decoded path does not distinguish <c>%2F</c> from <c>/</c>, and a service
/// code can contain either. Only the last extension is the format, because a code can contain dots.
/// </summary>
internal sealed record Open311Target
{
    public const string Root = "/open311";

    private const string Media = "media/";
    private const string Xml = ".xml";
    private const string Json = ".json";

    public required Open311Resource Resource { get; init; }

    public required ResponseFormat Format { get; init; }

    /// <summary>The council in the path; null for the base URL of all councils.</summary>
    public string? Council { get; init; }

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

        string? council = null;
        if (!rest.StartsWith("/v2/"))
        {
            var end = rest[1..].IndexOf('/') + 1;
            if (end == 0 || !rest[end..].StartsWith("/v2/"))
                return unknown;
            council = Decode(rest[1..end]).ToString();
            rest = rest[end..];
        }

        var resource = Decode(rest["/v2/".Length..]);
        if (resource.StartsWith(Media))
            return unknown with { Resource = Open311Resource.Media, Council = council, Id = resource[Media.Length..].ToString() };
        var extension = resource.EndsWith(Xml) ? Xml : resource.EndsWith(Json) ? Json : null;
        if (extension is null)
            return unknown with { Council = council };

        var found = new Open311Target
        {
            Resource = Open311Resource.Unknown,
            Format = extension == Json ? ResponseFormat.Json : ResponseFormat.Xml,
            Council = council,
        };
        return Find(found, resource[..^extension.Length]);
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
