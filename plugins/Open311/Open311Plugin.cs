using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

[assembly: CouncilAdapter("open311")]

namespace PluginGateway.Adapters.Open311;

/// <summary>The way into this plug-in: what it supports, and an adapter from settings that hold.</summary>
public sealed class Open311Plugin : AdapterPlugin<Open311Settings>
{
    /// <inheritdoc/>
    protected override JsonTypeInfo<Open311Settings> SettingsType => Open311SettingsJson.Default.Open311Settings;

    /// <inheritdoc/>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "Open311 endpoint",
        // Whether an endpoint refuses doubles is its own matter: a council file says so with "repeat".
        Idempotency = IdempotencySupport.None,
        MarksCommit = true,
        AttachmentSupport = AttachmentSupport.Bytes,
    };

    /// <inheritdoc/>
    protected override IEnumerable<SettingsError> Validate(Open311Settings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!Uri.TryCreate(settings.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.Query.Length > 0)
            yield return new SettingsError
            {
                Path = "$.endpoint",
                Message = "must be an http or https address without query, such as https://council.example/open311/v2/",
            };
    }

    /// <inheritdoc/>
    protected override ICouncilAdapter Create(Open311Settings settings, AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Open311Adapter(new Open311Client(settings, context.Http, context.Time), context);
    }
}
