namespace PluginGateway.Core.Templates;

/// <summary>What a template may use, whoever wrote it and wherever it is rendered: as a draft, in a preview, in a test or in a real mail.</summary>
internal static class TemplateLimits
{
    /// <summary>Characters of a template.</summary>
    public const int SourceLength = 100_000;

    /// <summary>Iterations of a loop and all loops in it.</summary>
    public const int Steps = 1_000;

    /// <summary>How deep functions may call themselves.</summary>
    public const int Recursion = 20;

    /// <summary>Characters of a single value.</summary>
    public const int TextLength = 64 << 10;

    /// <summary>Characters of what is rendered.</summary>
    public const int OutputLength = 256 << 10;

    /// <summary>
    /// Expressions that are evaluated: about a quarter of a second of work. It is counted, and not timed, so that a mail does not fail because the machine is
    /// busy.
    /// </summary>
    public const int Evaluations = 200_000;

    /// <summary>Memory that is allocated on the way.</summary>
    public const long AllocatedBytes = 64 << 20;

    /// <summary>How long rendering may take in any case; only an overloaded machine reaches this.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    /// <summary>How long a single search by a regular expression may take.</summary>
    public static readonly TimeSpan Regex = TimeSpan.FromMilliseconds(100);
}
