using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Core.Retention;

/// <summary>What is kept how long. Zero keeps it for ever.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>When it is cleared away, each night, in UTC.</summary>
    public TimeOnly At { get; set; } = new(2, 30);

    /// <summary>The tries of deliveries that have come to an end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Attempts { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// What people wrote, their names and their files, after the end of a report: when nothing of it waits to be sent and nothing happened to it
    /// any more. Also what councils told, from when it was told.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan PersonalData { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Files that came with reports, from when they came; never longer than <see cref="PersonalData"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Attachments { get; set; } = TimeSpan.FromDays(90);

    /// <summary>What councils' files said, from when they were read.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Documents { get; set; } = TimeSpan.FromDays(90);
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class RetentionOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<RetentionOptions>;
