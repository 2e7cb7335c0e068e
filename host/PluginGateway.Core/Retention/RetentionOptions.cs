using System.ComponentModel.DataAnnotations;

namespace PluginGateway.Core.Retention;

/// <summary>The retention periods. Data with a period of zero is never deleted.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>The time of day, in UTC, at which expired data is deleted.</summary>
    public TimeOnly At { get; set; } = new(2, 30);

    /// <summary>The retention period of attempts of finished deliveries.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Attempts { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// The retention period of what people wrote, their names and their files. It starts with the last event of a report that has no waiting delivery. It
    /// also applies to council updates, from when they were served.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan PersonalData { get; set; } = TimeSpan.FromDays(90);

    /// <summary>The retention period of attachments, from when they were received. It never exceeds <see cref="PersonalData"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Attachments { get; set; } = TimeSpan.FromDays(90);

    /// <summary>The retention period of the content of council documents, from when they were read.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Documents { get; set; } = TimeSpan.FromDays(90);
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class RetentionOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<RetentionOptions>;
