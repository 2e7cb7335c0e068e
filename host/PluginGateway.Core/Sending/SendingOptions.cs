using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Sending;

/// <summary>The times of sending. Tests shorten them; operators rarely touch them.</summary>
internal sealed class SendingOptions
{
    public const string Section = "Sending";

    /// <summary>How long one call may take, unless the council file says otherwise for its back end.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:06:40")]
    public TimeSpan AttemptWithin { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the accept waits for the owner's planner.</summary>
    public TimeSpan PlanWithin { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a lane looks for due deliveries when nobody wakes it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The waits between tries; the last one repeats. Empty: the default schedule.</summary>
    public IList<TimeSpan> Retry { get; } = [];

    /// <summary>When trying ends.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>After an unknown outcome, how long until the back end is asked.</summary>
    public TimeSpan FinderFirst { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long until it is asked again.</summary>
    public TimeSpan FinderAgain { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>When asking ends and an operator decides.</summary>
    public TimeSpan FinderGivesUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How old what is known of suspensions and breakers may be.</summary>
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a breaker stays open before its first probe; doubled with every probe that fails.</summary>
    public TimeSpan BreakerFirstWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait between two probes.</summary>
    public TimeSpan BreakerMaxWait { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often one delivery is tried while a back end's settings are wrong.</summary>
    public TimeSpan SettingsProbe { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a lane rests when its back end asks for fewer calls and does not say for how long.</summary>
    public TimeSpan SlowDown { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long calls in flight may go on when the gateway stops.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client's reference is remembered.</summary>
    public TimeSpan RememberReferences { get; set; } = TimeSpan.FromDays(400);

    /// <summary>How long an open breaker waits for its next probe.</summary>
    public TimeSpan BreakerWait(int probes)
    {
        var wait = BreakerFirstWait * Math.Pow(2, Math.Min(probes, 20));
        return wait < BreakerMaxWait ? wait : BreakerMaxWait;
    }
}

[OptionsValidator]
internal sealed partial class SendingOptionsValidator : IValidateOptions<SendingOptions>;
