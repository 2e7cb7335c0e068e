using System.Text.Json.Serialization.Metadata;

namespace PluginGateway.Contracts;

/// <summary>
/// The usual base class of a plug-in. It reads the settings of a back end into <typeparamref name="TSettings"/>, reports every error in
/// them with its JSON path, and creates the adapter only if there are no errors.
/// </summary>
/// <typeparam name="TSettings">
/// A class. A <c>required</c> property must be present, and members that the class does not have are errors. Declare optional properties
/// with <c>set</c> instead of <c>init</c>: the source generator assigns every <c>init</c> property, so an absent one would lose its default
/// value.
/// </typeparam>
public abstract class AdapterPlugin<TSettings> : IAdapterPlugin
    where TSettings : class
{
    /// <summary>
    /// The metadata of the settings type, from a source-generated <c>JsonSerializerContext</c> of the plug-in. Serialisation by reflection
    /// would keep the plug-in in memory after it is unloaded.
    /// </summary>
    protected abstract JsonTypeInfo<TSettings> SettingsType { get; }

    /// <inheritdoc/>
    public abstract AdapterDescriptor Describe();

    /// <inheritdoc/>
    public ICouncilAdapter Create(AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        var errors = new List<SettingsError>();
        var settings = SettingsReader.Read(context.Settings, SettingsType, errors);
        if (settings is not null)
            errors.AddRange(Validate(settings));

        return settings is null || errors.Count > 0 ? throw AdapterException.InvalidSettings(errors) : Create(settings, context);
    }

    /// <summary>
    /// Checks what the type alone cannot express: an invalid address, or two settings that exclude each other. It is called only when every
    /// required member is present and every value has the right type.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <returns>Every error found; empty if the settings are valid.</returns>
    protected virtual IEnumerable<SettingsError> Validate(TSettings settings) => [];

    /// <summary>Creates the adapter from valid settings.</summary>
    /// <param name="settings">The settings, already validated.</param>
    /// <param name="context">What the gateway provides.</param>
    /// <returns>The adapter. It must be thread-safe, and creating it must not perform I/O.</returns>
    protected abstract ICouncilAdapter Create(TSettings settings, AdapterContext context);
}
