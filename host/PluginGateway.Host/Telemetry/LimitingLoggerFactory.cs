using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;

namespace PluginGateway.Host.Telemetry;

/// <summary>
/// Creates loggers that limit events that repeat, as <see cref="RepeatedEvents"/> describes. The framework's logs of requests are turned off, whatever the
/// settings are: they contain complete URLs, and the URL of an Open311 call can contain an API key.
/// </summary>
internal sealed class LimitingLoggerFactory(LoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private static readonly string[] WithUrls = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    private readonly RepeatedEvents _repeated = new(time);

    /// <summary>The events of adapters and of the framework have ids of their own, and are not limited.</summary>
    public ILogger CreateLogger(string categoryName)
    {
        if (WithUrls.Contains(categoryName, StringComparer.Ordinal))
            return NullLogger.Instance;
        var logger = inner.CreateLogger(categoryName);
        return IsOwn(categoryName) ? new LimitingLogger(logger, _repeated) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>Logs the counts so far. The container disposes of the inner factory afterwards.</summary>
    public void Dispose() => _repeated.EndAll();

    private static bool IsOwn(string category) =>
        category.StartsWith("PluginGateway.", StringComparison.Ordinal) && !category.StartsWith("PluginGateway.Adapters.", StringComparison.Ordinal);

    private sealed class LimitingLogger(ILogger inner, RepeatedEvents repeated) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (repeated.Admits(inner, logLevel, eventId, state, exception))
                inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}

internal static class LimitedLogging
{
    public static IServiceCollection LimitRepeatedEvents(this IServiceCollection services)
    {
        services.AddSingleton<LoggerFactory>();
        return services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, LimitingLoggerFactory>());
    }
}
