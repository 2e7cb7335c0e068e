using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Queries;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin;

/// <summary>The base class of pages about the reports that match the filter in the address.</summary>
internal abstract class FilterPage(CouncilDirectory directory) : AdminPage
{
    public static readonly IReadOnlyList<(string Value, string Title)> States =
    [
        ("", "All"), ("unsent", "Not sent"), ("pending", "Waiting to be sent"), ("sending", "Sending"), ("retrying", "Retrying"),
        ("unknown", "Delivery unconfirmed"), ("held", "Held"), ("failed", "Failed"), ("sent", "Sent"), ("cancelled", "Cancelled"),
    ];

    /// <summary>An id, or words of the description.</summary>
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

    /// <summary>The councils to choose from. Includes the selected council even if its file no longer exists, so that the next search keeps it.</summary>
    public IEnumerable<string> Councils =>
        directory.Current.Councils.Select(c => c.JurisdictionId).Where(Actor.Sees).Union(Council is { Length: > 0 } one ? [one] : [], StringComparer.Ordinal);

    public override TimeZoneInfo Zone => Council is { Length: > 0 } council && directory.Current.Find(council) is { } one ? one.TimeZone : base.Zone;

    /// <summary>The filter as a query string.</summary>
    public string Query => QueryString.Create(Parts().Where(p => !string.IsNullOrEmpty(p.Value))).ToString();

    /// <summary>The filter as a sentence.</summary>
    public string Summary =>
        string.Join(", ", Parts().Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{Label(p.Key)} {ValueText(p)}").DefaultIfEmpty("all"));

    public IEnumerable<KeyValuePair<string, string?>> Parts() =>
        [new("q", Q), new("council", Council), new("backend", Backend), new("service", Service), new("state", State), new("cause", Cause), new("from", From),
            new("until", Until)];

    protected CouncilDirectory Directory => directory;

    /// <summary>Whether the filter names a council that the account may not see.</summary>
    protected bool IsForbidden => Council is { Length: > 0 } council && !Actor.Sees(council);

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

    private static string ValueText(KeyValuePair<string, string?> part) => part.Key == "state"
        ? States.Where(s => s.Value == part.Value).Select(s => s.Title).FirstOrDefault() ?? part.Value!
        : part.Value!.TrimEnd('.');

    private static string Label(string parameter) => parameter switch
    {
        "q" => "text",
        "backend" => "back end",
        "until" => "to",
        _ => parameter,
    };
}
