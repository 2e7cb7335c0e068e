namespace PluginGateway.Host.Commands;

/// <summary>
/// A command line, split into settings and a command. Arguments of the form <c>--Section:Key=value</c>, <c>--urls</c> and
/// <c>--environment</c> are settings at any position; the rest is the command.
/// </summary>
internal sealed record CommandLine(IReadOnlyList<string> Settings, IReadOnlyList<string> Command)
{
    private static readonly string[] DefaultSettings = ["--urls", "--environment", "--http_ports", "--https_ports", "--PublicUrl"];

    public static CommandLine Split(IReadOnlyList<string> args)
    {
        var (settings, command) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            var equals = arg.IndexOf('=');
            if (DefaultSettings.Contains(arg, StringComparer.OrdinalIgnoreCase) && i + 1 < args.Count)
                settings.AddRange([arg, args[++i]]);
            else if (arg.StartsWith("--", StringComparison.Ordinal) && equals > 0
                && (arg.AsSpan(0, equals).Contains(':') || DefaultSettings.Contains(arg[..equals], StringComparer.OrdinalIgnoreCase)))
                settings.Add(arg);
            else
                command.Add(arg);
        }

        return new CommandLine(settings, command);
    }
}
