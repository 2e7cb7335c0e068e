using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Sending;

/// <summary>The intervals and time limits of sending. Tests shorten them; operators rarely change them.</summary>
internal sealed class SendingOptions
{
    public const string Section = "Sending";

    /// <summary>The time limit of one call, unless the council file specifies another one for the back end.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:06:40")]
    public TimeSpan AttemptWithin { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long accepting a report waits for the planner of the service's owner.</summary>
    public TimeSpan PlanWithin { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a lane checks for due deliveries when it is not signalled.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The delays between attempts; the last one repeats. Empty for the default schedule.</summary>
    public IList<TimeSpan> Retry { get; } = [];

    /// <summary>The age after which a delivery is no longer retried.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The delay between an unknown outcome and the first query to the back end.</summary>
    public TimeSpan FinderFirst { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The delay between two queries.</summary>
    public TimeSpan FinderAgain { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The age after which the back end is no longer queried and an operator has to decide.</summary>
    public TimeSpan FinderGivesUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long suspensions and breakers are cached.</summary>
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The delay between the opening of a breaker and its first probe. It doubles with every failed probe.</summary>
    public TimeSpan BreakerFirstWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum delay between two probes.</summary>
    public TimeSpan BreakerMaxWait { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often one delivery is attempted while a back end's settings are invalid.</summary>
    public TimeSpan SettingsProbe { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a lane makes no calls when its back end asks for fewer calls without specifying a time.</summary>
    public TimeSpan SlowDown { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the gateway waits for the calls in flight when it stops. Stopping takes at most ten seconds longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client's reference is recognised as a repeat.</summary>
    public TimeSpan RememberReferences { get; set; } = TimeSpan.FromDays(400);

    /// <summary>Returns the delay before the next probe of an open breaker.</summary>
    public TimeSpan BreakerWait(int probes)
    {
        var wait = BreakerFirstWait * Math.Pow(2, Math.Min(probes, 20));
        return wait < BreakerMaxWait ? wait : BreakerMaxWait;
    }
}

[OptionsValidator]
internal sealed partial class SendingOptionsValidator : IValidateOptions<SendingOptions>;
