namespace PluginGateway.Host;

/// <summary>Work that goes on in the background from when the gateway listens, so that it takes nothing from the start.</summary>
internal abstract class PeriodicWork : BackgroundService, IHostedLifecycleService
{
    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StartedAsync(CancellationToken cancellationToken) => base.StartAsync(cancellationToken);

    public virtual Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
