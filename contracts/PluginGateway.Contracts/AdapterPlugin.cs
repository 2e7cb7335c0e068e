using System.Text.Json.Serialization.Metadata;

namespace PluginGateway.Contracts;

/// <summary>
/// The usual base of a plug-in class: reads the settings of a back end into <typeparamref name="TSettings"/>, reports every mistake in
/// them with its JSON path, and creates the adapter only when there is none.
/// </summary>
/// <typeparam name="TSettings">
/// A class. A property is demanded when it is <c>required</c>; members it does not have are mistakes. Give optional properties <c>set</c>, not
/// <c>init</c>: the source generator sets every <c>init</c> property, and one that is absent would lose the default it was written with.
/// </typeparam>
public abstract class AdapterPlugin<TSettings> : IAdapterPlugin
    where TSettings : class
{
    /// <summary>
    /// How the settings are read: the type's metadata from a source-generated <c>JsonSerializerContext</c> of the plug-in. (Reflection
    /// would keep an unloaded plug-in in memory for ever.)
    /// </summary>
    protected abstract JsonTypeInfo<TSettings> SettingsType { get; }

    /// <inheritdoc/>
    public abstract AdapterDescriptor Describe();

    /// <inheritdoc/>
    public ICouncilAdapter Create(AdapterContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        var mistakes = new List<SettingsMistake>();
        var settings = SettingsReader.Read(context.Settings, SettingsType, mistakes);
        if (settings is not null)
            mistakes.AddRange(Validate(settings));

        return settings is null || mistakes.Count > 0 ? throw AdapterException.ForSettings(mistakes) : Create(settings, context);
    }

    /// <summary>
    /// Checks what a type cannot say: an address that is none, two settings that exclude each other. Called only when every member is
    /// there and of the right kind.
    /// </summary>
    /// <param name="settings">The settings as read.</param>
    /// <returns>Every mistake found; none when the settings are good.</returns>
    protected virtual IEnumerable<SettingsMistake> Validate(TSettings settings) => [];

    /// <summary>Makes the adapter from settings that hold.</summary>
    /// <param name="settings">The settings, read and validated.</param>
    /// <param name="context">What the gateway gives the adapter.</param>
    /// <returns>The adapter: thread-safe, and made without I/O.</returns>
    protected abstract ICouncilAdapter Create(TSettings settings, AdapterContext context);
}
