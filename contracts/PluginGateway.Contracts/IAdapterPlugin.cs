namespace PluginGateway.Contracts;

/// <summary>
/// The way into a plug-in: exactly one public, non-abstract class of the assembly implements it and has a public constructor without
/// parameters. Most adapters derive from <see cref="AdapterPlugin{TSettings}"/> instead of implementing it themselves.
/// </summary>
public interface IAdapterPlugin
{
    /// <summary>Says what the adapter is and what it supports. Called once a load; does no I/O and does not throw.</summary>
    /// <returns>The description, the same at every call.</returns>
    AdapterDescriptor Describe();

    /// <summary>
    /// Makes the adapter of one back end. Called once for each back end and each version of its settings; the instance is used by many
    /// calls at a time, so it is thread-safe. Cheap, and no I/O: a back end that is away must not keep the gateway from starting.
    /// </summary>
    /// <param name="context">What the gateway gives the adapter: settings, HTTP client, clock, state.</param>
    /// <returns>The adapter; which capabilities it has is told by the interfaces it implements.</returns>
    /// <exception cref="AdapterException">
    /// The settings are wrong: <see cref="AdapterException.ForSettings"/> with every mistake found, not only the first.
    /// </exception>
    ICouncilAdapter Create(AdapterContext context);
}
