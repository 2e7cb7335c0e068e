using System.Globalization;
using Dapper;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Reports;

namespace PluginGateway.Host.Open311;

/// <summary>Translates the filters of GET Service Requests into the condition of one SQL statement.</summary>
internal sealed class ReportFilter
{
    public const int MaxRows = 1_000;

    private static readonly TimeSpan Span = TimeSpan.FromDays(90);

    private readonly List<string> _conditions = ["r.council = @council"];

    public DynamicParameters Values { get; } = new();

    public int Page { get; private set; } = 1;

    public int PageSize { get; private set; } = MaxRows;

    public string? Warning { get; private set; }

    public string Where => string.Join(" AND ", _conditions);

    public static ReportFilter Read(Parameters arguments, string council, ApiClient? client, DateTimeOffset now)
    {
        var filter = new ReportFilter();
        var strict = client?.Strict == true;
        filter.Values.Add("council", council);
        if (client is null)
            filter._conditions.Add("r.private = 0");
        else if (!client.SeesAllPrivate)
        {
            filter._conditions.Add("(r.private = 0 OR r.client_id = @client)");
            filter.Values.Add("client", client.Id);
        }

        filter.Codes(arguments);
        filter.States(arguments);
        filter.Window(arguments, strict, now);
        filter.Change(arguments, strict);
        filter.Near(arguments);
        filter.Box(arguments);
        filter.Pages(arguments);
        return filter;
    }

    /// <summary>Reads a time argument. An invalid value is added to the problems of the arguments.</summary>
    public static DateTimeOffset? Time(Parameters arguments, string name, bool strict, ref string? warning)
    {
        if (arguments.One(name) is not { } text)
            return null;
        if (!Open311Time.TryParse(text, out var time, out var assumedUtc) || (assumedUtc && strict))
        {
            arguments.Problem($"{name} must be a date and time with a time zone, such as 2026-01-31T09:30:00Z.");
            return null;
        }

        if (assumedUtc)
            warning = $"{name} has no time zone; UTC is assumed";
        return time;
    }

    private void Codes(Parameters arguments)
    {
        if (arguments.Listed("service_code") is not { Count: > 0 } codes)
            return;
        _conditions.Add("r.service_code IN @codes");
        Values.Add("codes", codes);
    }

    private void States(Parameters arguments)
    {
        var words = arguments.Listed("status").Select(w => w.ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToList();
        if (words.Count == 0)
            return;
        foreach (var unknown in words.Where(w => !StatusWords.IsKnown(w)))
            arguments.Problem($"status {unknown} is not known; use open or closed.");

        // "open" and "closed" are groups of states; every other word is a single state.
        var (open, closed) = (words.Contains("open"), words.Contains("closed"));
        var single = words.Where(w => w is not ("open" or "closed")).ToList();
        if (open && closed)
            return;
        var parts = new List<string>();
        if (open)
            parts.Add("r.status NOT IN @closed");
        if (closed)
            parts.Add("r.status IN @closed");
        if (single.Count > 0)
            parts.Add("r.status IN @states");
        _conditions.Add($"({string.Join(" OR ", parts)})");
        Values.Add("closed", StatusWords.Closed);
        Values.Add("states", single);
    }

    private void Window(Parameters arguments, bool strict, DateTimeOffset now)
    {
        string? warning = null;
        var start = Time(arguments, "start_date", strict, ref warning);
        var end = Time(arguments, "end_date", strict, ref warning);
        Warning = warning;
        if (start > end)
            arguments.Problem("start_date is after end_date.");
        else if (end - start > Span)
            arguments.Problem("start_date and end_date must not be more than 90 days apart.");

        var from = start ?? (end is { } e && e < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : (end ?? now) - Span);
        var until = end ?? (start is { } s && s < now - Span ? s + Span : DateTimeOffset.MaxValue);
        // Both limits are inclusive. Clients see times in whole seconds, so the whole last second is included.
        _conditions.Add("r.received >= @from AND r.received < @until");
        Values.Add("from", from.ToUnixTimeMilliseconds());
        Values.Add("until", until == DateTimeOffset.MaxValue ? long.MaxValue : until.ToUnixTimeMilliseconds() + 1_000);
    }

    private void Change(Parameters arguments, bool strict)
    {
        var warning = Warning;
        if (Time(arguments, "updated_after", strict, ref warning) is { } after)
        {
            _conditions.Add("r.updated >= @updatedAfter");
            Values.Add("updatedAfter", after.ToUnixTimeMilliseconds());
        }

        if (Time(arguments, "updated_before", strict, ref warning) is { } before)
        {
            _conditions.Add("r.updated < @updatedBefore");
            Values.Add("updatedBefore", before.ToUnixTimeMilliseconds() + 1_000);
        }

        Warning = warning;
    }

    /// <summary>
    /// Restricts the reports to a radius in metres. Distances are calculated on a plane, which is accurate to a metre at the size of a council.
    /// </summary>
    private void Near(Parameters arguments)
    {
        const double MetresPerDegree = 111_195;
        if (arguments.One("radius") is not { } radiusText)
            return;
        if (!Number(radiusText, out var radius) || radius <= 0 || !Number(arguments.One("lat"), out var lat) || !Number(arguments.One("long"), out var lon))
        {
            arguments.Problem("radius requires lat and long; all three must be numbers, and radius must be positive.");
            return;
        }

        _conditions.Add("(r.lat - @lat) * (r.lat - @lat) + (r.long - @long) * (r.long - @long) * @narrow <= @reach");
        var narrow = Math.Cos(lat * Math.PI / 180);
        Values.Add("lat", lat);
        Values.Add("long", lon);
        Values.Add("narrow", narrow * narrow);
        Values.Add("reach", Math.Pow(radius / MetresPerDegree, 2));
    }

    /// <summary>Restricts the reports to a rectangle: <c>bbox</c> is west, south, east and north, as in GeoJSON.</summary>
    private void Box(Parameters arguments)
    {
        if (arguments.One("bbox") is not { } text)
            return;
        var sides = text.Split(',').Select(s => Number(s.Trim(), out var number) ? number : double.NaN).ToList();
        if (sides is not [var west, var south, var east, var north] || !(west <= east) || !(south <= north))
        {
            arguments.Problem("bbox must be four numbers: west,south,east,north.");
            return;
        }

        _conditions.Add("r.long BETWEEN @west AND @east AND r.lat BETWEEN @south AND @north");
        Values.Add("west", west);
        Values.Add("south", south);
        Values.Add("east", east);
        Values.Add("north", north);
    }

    private void Pages(Parameters arguments)
    {
        Page = Whole(arguments, "page", 1, 1_000_000) ?? 1;
        PageSize = Math.Min(Whole(arguments, "page_size", 1, 1_000_000) ?? MaxRows, MaxRows);
        Values.Add("skip", (Page - 1) * PageSize);
        // One extra row shows whether there is a next page.
        Values.Add("take", PageSize + 1);
    }

    private static int? Whole(Parameters arguments, string name, int min, int max)
    {
        if (arguments.One(name) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        arguments.Problem($"{name} must be a whole number, at least {min}.");
        return null;
    }

    private static bool Number(string? text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number);
}
