using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

[assembly: CouncilAdapter("open311")]

namespace PluginGateway.Adapters.Open311;

/// <summary>The entry point of the plug-in: describes the adapter, validates its settings and creates it.</summary>
public sealed class Open311Plugin : AdapterPlugin<Open311Settings>
{
    /// <inheritdoc/>
    protected override JsonTypeInfo<Open311Settings> SettingsType => Open311SettingsJson.Default.Open311Settings;

    /// <inheritdoc/>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "Open311 endpoint",
        // Endpoints differ in whether they recognise repeats. For one that does, the council file states it with "repeat".
        Idempotency = IdempotencySupport.None,
        MarksCommit = true,
        CreatedNote = Open311Adapter.TokenNote,
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
                Message = "must be an http or https address without a query, such as https://council.example/open311/v2/",
            };
    }

    /// <inheritdoc/>
    protected override ICouncilAdapter Create(Open311Settings settings, AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Open311Adapter(new Open311Client(settings, context.Http, context.Time), context);
    }
}
