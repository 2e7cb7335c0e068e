using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

[assembly: CouncilAdapter("symology")]

namespace PluginGateway.Adapters.Symology;

/// <summary>The entry point of the plug-in: describes the adapter, validates its settings and creates it.</summary>
public sealed class SymologyPlugin : AdapterPlugin<SymologySettings>
{
    /// <inheritdoc/>
    protected override JsonTypeInfo<SymologySettings> SettingsType => SymologySettingsJson.Default.SymologySettings;

    /// <inheritdoc/>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "Symology Insight",
        // Symology accepts the same reference twice. The adapter finds out by a search whether a report arrived.
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
