using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

[assembly: CouncilAdapter("acme-adapter")]

namespace PluginGateway.Adapters.Acme;

/// <summary>The entry point of the plug-in: describes the adapter, validates its settings and creates it.</summary>
public sealed class AcmePlugin : AdapterPlugin<AcmeSettings>
{
    /// <inheritdoc/>
    protected override JsonTypeInfo<AcmeSettings> SettingsType => AcmeJson.Default.AcmeSettings;

    /// <inheritdoc/>
    public override AdapterDescriptor Describe() => new()
    {
        Title = "Acme",
        // Which repeated calls the system recognises. With None, the gateway calls FindAsync before it sends a report again.
        Idempotency = IdempotencySupport.None,
        // SubmitAsync calls MarkCommittingAsync directly before the call that creates the case.
        MarksCommit = true,
    };

    /// <inheritdoc/>
    protected override IEnumerable<SettingsError> Validate(AcmeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!Uri.TryCreate(settings.Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            yield return new SettingsError { Path = "$.address", Message = "must be an http or https address" };
    }

    /// <inheritdoc/>
    protected override ICouncilAdapter Create(AcmeSettings settings, AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        return new AcmeAdapter(settings, new AcmeClient(settings, context.Http, context.Time));
    }
}
