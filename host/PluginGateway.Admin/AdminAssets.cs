using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace PluginGateway.Admin;

/// <summary>The site's style sheet, script and icon. Each address contains a hash of the content, so that browsers can cache the file permanently.</summary>
internal static class AdminAssets
{
    private const string Folder = "Admin/";

    private static readonly FrozenDictionary<string, Asset> ByAddress =
        new[] { Read("site.css", "text/css"), Read("site.js", "text/javascript"), Read("icon.svg", "image/svg+xml") }
        .ToFrozenDictionary(a => a.Address, StringComparer.Ordinal);

    public static string Style { get; } = AddressOf("site.css");

    public static string Script { get; } = AddressOf("site.js");

    public static string Icon { get; } = AddressOf("icon.svg");

    public static void MapAdminAssets(this IEndpointRouteBuilder app)
    {
        foreach (var asset in ByAddress.Values)
            app.MapGet(asset.Address, (HttpContext http) =>
            {
                http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
                http.Response.Headers.Remove(HeaderNames.Pragma);
                return TypedResults.Bytes(asset.Content, asset.Type);
            }).WithMetadata(new Access.NeedsAttribute(SignIn.Role.None));
    }

    private static string AddressOf(string name) => ByAddress.Values.Single(a => a.Name == name).Address;

    private static Asset Read(string name, string type)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(name, $"/admin/assets/{Convert.ToHexStringLower(SHA256.HashData(content)[..8])}/{name}", type + "; charset=utf-8", content);
    }

    private sealed record Asset(string Name, string Address, string Type, byte[] Content);
}
