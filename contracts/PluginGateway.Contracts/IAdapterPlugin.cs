namespace PluginGateway.Contracts;

/// <summary>
/// The entry point of a plug-in. Exactly one public, non-abstract class of the assembly implements it and has a public constructor without
/// parameters. Most plug-ins derive from <see cref="AdapterPlugin{TSettings}"/> instead of implementing it directly.
/// </summary>
public interface IAdapterPlugin
{
    /// <summary>Describes the adapter. Called once when the plug-in is loaded; performs no I/O and does not throw.</summary>
    /// <returns>The description, the same on every call.</returns>
    AdapterDescriptor Describe();

    /// <summary>
    /// Creates the adapter of one back end. The gateway calls it for each back end, again when the council file changes, and whenever it checks
    /// the file. The instance serves many concurrent calls, so it must be thread-safe. Creating it must be cheap and must not perform I/O: a
    /// back end that is unavailable must not prevent the gateway from starting.
    /// </summary>
    /// <param name="context">What the gateway provides: settings, HTTP client, clock, state and so on.</param>
    /// <returns>The adapter. The interfaces it implements are its capabilities.</returns>
    /// <exception cref="AdapterException">
    /// The settings are invalid; created by <see cref="AdapterException.InvalidSettings"/> with every error found, not only the first.
    /// </exception>
    ICouncilAdapter Create(AdapterContext context);
}
