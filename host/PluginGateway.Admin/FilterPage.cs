using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Queries;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin;

/// <summary>A page about the reports that fit the filter in its address.</summary>
internal abstract class FilterPage(CouncilDirectory directory) : AdminPage
{
    public static readonly IReadOnlyList<(string Value, string Title)> States =
    [
        ("", "all"), ("unsent", "all that is not sent"), ("pending", "waiting"), ("sending", "being sent"), ("retrying", "tried again"),
        ("unknown", "may have arrived"), ("held", "held"), ("failed", "given up"), ("sent", "sent"), ("cancelled", "cancelled"),
    ];

    /// <summary>An id, or words.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Q { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Council { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Backend { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Service { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? State { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Cause { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? From { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Until { get; set; }

    /// <summary>Also the one that is asked for when its file has gone: it must not be lost by searching again.</summary>
    public IEnumerable<string> Councils =>
        directory.Current.Councils.Select(c => c.JurisdictionId).Where(Actor.Sees).Union(Council is { Length: > 0 } one ? [one] : [], StringComparer.Ordinal);

    public override TimeZoneInfo Zone => Council is { Length: > 0 } council && directory.Current.Find(council) is { } one ? one.TimeZone : base.Zone;

    /// <summary>The filter as a part of an address.</summary>
    public string Query => QueryString.Create(Parts().Where(p => !string.IsNullOrEmpty(p.Value))).ToString();

    /// <summary>The filter in words.</summary>
    public string Says => string.Join(", ", Parts().Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Key} {p.Value}").DefaultIfEmpty("all"));

    public IEnumerable<KeyValuePair<string, string?>> Parts() =>
        [new("q", Q), new("council", Council), new("backend", Backend), new("service", Service), new("state", State), new("cause", Cause), new("from", From),
            new("until", Until)];

    protected CouncilDirectory Directory => directory;

    /// <summary>Whether it is for a council that the account may not see.</summary>
    protected bool IsOfOthers => Council is { Length: > 0 } council && !Actor.Sees(council);

    protected SearchFilter Filter() => new()
    {
        Text = Q,
        Council = Council,
        BackEnd = Backend,
        Service = Service,
        States = Enum.TryParse<StateFilter>(State, ignoreCase: true, out var state) && Enum.IsDefined(state) ? state : StateFilter.All,
        Cause = Cause,
        From = LocalDates.Begin(From, 0, Zone),
        To = LocalDates.Begin(Until, 1, Zone),
    };
}
