using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

[assembly: CouncilAdapter("symology")]

namespace PluginGateway.Adapters.Symology;

/// <summary>The way into this plug-in: what it supports, and an adapter from settings that hold.</summary>
public sealed class SymologyPlugin : AdapterPlugin<SymologySettings>
{
    /// <inheritdoc/>
    protected override JsonTypeInfo<SymologySettings> SettingsType => SymologySettingsJson.Default.SymologySettings;

    /// <inheritdoc/>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "Symology Insight",
        // It takes the same reference twice; what arrived is found by asking for it.
        Idempotency = IdempotencySupport.None,
        MarksCommit = true,
        CatalogueInSettings = true,
        AttachmentSupport = AttachmentSupport.Link,
    };

    /// <inheritdoc/>
    protected override IEnumerable<SettingsError> Validate(SymologySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var errors = new List<SettingsError>();
        _ = new SymologyMapping(settings, errors);
        return errors;
    }

    /// <inheritdoc/>
    protected override ICouncilAdapter Create(SymologySettings settings, AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new SymologyAdapter(new SymologyMapping(settings, []), new SymologyClient(settings, context.Http, context.Time), context);
    }
}
