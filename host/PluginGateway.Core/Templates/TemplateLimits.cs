namespace PluginGateway.Core.Templates;

/// <summary>The limits of every template, wherever it is rendered: as a draft, in a preview, in a test or in a real e-mail.</summary>
internal static class TemplateLimits
{
    /// <summary>The maximum number of characters of a template.</summary>
    public const int SourceLength = 100_000;

    /// <summary>The maximum number of iterations of a loop, including the loops in it.</summary>
    public const int Steps = 1_000;

    /// <summary>The maximum depth of recursive functions.</summary>
    public const int Recursion = 20;

    /// <summary>The maximum number of characters of a single value.</summary>
    public const int TextLength = 64 << 10;

    /// <summary>The maximum number of characters of the rendered text.</summary>
    public const int OutputLength = 256 << 10;

    /// <summary>
    /// The maximum number of evaluated expressions: about a quarter of a second of work. Expressions are counted rather than timed, so that
    /// an e-mail does not fail because the machine is busy.
    /// </summary>
    public const int Evaluations = 200_000;

    /// <summary>The maximum number of bytes that are allocated while rendering.</summary>
    public const long AllocatedBytes = 64 << 20;

    /// <summary>The maximum duration of rendering, which only an overloaded machine reaches.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    /// <summary>The maximum duration of a single regular expression match.</summary>
    public static readonly TimeSpan Regex = TimeSpan.FromMilliseconds(100);
}
