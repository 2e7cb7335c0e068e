using System.Globalization;
using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>The rules that determine which reports of a council are also sent to a mailbox.</summary>
internal sealed record CopyRules(IReadOnlyList<CopyRule> Rules, IReadOnlyList<BackEnd> BackEnds)
{
    /// <summary>
    /// The prefixes of the names of their back ends, for copies that are sent although the council is paused and for all others.
    /// </summary>
    private const string Always = "copy:", UnlessPaused = "copy-paused:";

    private const int MaxAddressLength = 200;

    public static bool IsCopy(string backEnd) =>
        backEnd.StartsWith(Always, StringComparison.Ordinal) || backEnd.StartsWith(UnlessPaused, StringComparison.Ordinal);

    /// <summary>Returns the copies to make of a report. An address gets one copy, even if several rules name it.</summary>
    /// <param name="service">The service code that clients use.</param>
    /// <param name="request">The report.</param>
    /// <param name="plan">The plan of the back end that owns the report. Conditions on facts that are not in the plan are not met.</param>
    public IReadOnlyList<Copy> For(string service, ServiceRequest request, RequestPlan? plan)
    {
        if (Rules.Count == 0)
            return [];

        var copies = new Dictionary<string, Copy>(StringComparer.Ordinal);
        foreach (var rule in Rules)
            if (rule.When.All(c => c.Holds(service, request, plan)))
                foreach (var backEnd in rule.To)
                    copies.TryAdd(backEnd.Name, new Copy(backEnd, rule.At));
        return [.. copies.Values];
    }

    public static CopyRules Read(CouncilFile file, TimeZoneInfo zone, string hash, List<SettingsError> errors)
    {
        var hours = OfficeHours.Read(file.OfficeHours, zone, errors);
        var backEnds = new Dictionary<string, BackEnd>(StringComparer.Ordinal);
        var rules = new List<CopyRule>();
        for (var i = 0; i < file.AlsoSend.Count; i++)
        {
            var (entry, path) = (file.AlsoSend[i], $"$.alsoSend[{i}]");
            var to = new List<BackEnd>();
            foreach (var address in Addresses(entry.To, $"{path}.to", errors))
            {
                // Copies that a pause holds and copies that it does not hold have separate back ends.
                var name = (entry.EvenIfPaused ? Always : UnlessPaused) + address;
                to.Add(backEnds.TryGetValue(name, out var known) ? known : backEnds[name] = Mailbox(file, zone, hash, name, address, entry.EvenIfPaused));
            }

            rules.Add(new CopyRule(CopyCondition.ReadAll(entry.When, $"{path}.when", hours, errors), to, entry.At));
        }

        return new CopyRules(rules, [.. backEnds.Values]);
    }

    private static BackEnd Mailbox(CouncilFile file, TimeZoneInfo zone, string hash, string name, string address, bool evenIfPaused) => new()
    {
        Council = file.JurisdictionId,
        CouncilName = file.Name,
        TimeZone = zone,
        Name = name,
        Adapter = EmailSettings.AdapterName,
        Prefix = "",
        Settings = JsonSerializer.SerializeToElement(new EmailSettings { To = address }, EmailSettingsJson.Default.EmailSettings),
        Limit = 2,
        AttemptWithin = null,
        Repeat = null,
        IdPattern = null,
        FileHash = hash,
        IsCopy = true,
        EvenIfPaused = evenIfPaused,
    };

    private static List<string> Addresses(JsonElement to, string path, List<SettingsError> errors)
    {
        var texts = to.ValueKind switch
        {
            JsonValueKind.String => [to.GetString()!],
            JsonValueKind.Array when to.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
                to.EnumerateArray().Select(e => e.GetString()!).ToList(),
            _ => new List<string>(),
        };
        if (texts.Count == 0)
            errors.Add(new SettingsError { Path = path, Message = "must be an e-mail address or a list of e-mail addresses" });
        errors.AddRange(
            from text in texts
            let problem = FindProblem(text)
            where problem is not null
            select new SettingsError { Path = path, Message = problem });
        return texts;
    }

    private static string? FindProblem(string text)
    {
        // The address is part of the name of the copy's back end, whose length the database limits.
        if (text.Length > MaxAddressLength)
            return $"\"{text}\" is too long; an e-mail address must have at most {MaxAddressLength} characters";

        return MailAddresses.FindAddressProblem(text) is not { } problem ? null
            : text.AsSpan().ContainsAny(',', ';') ? $"\"{text}\" is not a valid e-mail address; several addresses must be a list of strings"
            : problem;
    }
}

/// <summary>An entry of <c>alsoSend</c>.</summary>
internal sealed record CopyRule(IReadOnlyList<CopyCondition> When, IReadOnlyList<BackEnd> To, CopyTime At);

/// <summary>A copy of a report: the mailbox it is sent to, and when.</summary>
internal sealed record Copy(BackEnd To, CopyTime At);

/// <summary>The hours in which a council's office is staffed, in its time zone.</summary>
internal sealed record OfficeHours(TimeOnly From, TimeOnly Until, IReadOnlyList<DayOfWeek> Days, TimeZoneInfo Zone)
{
    public bool Contain(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, Zone);
        return Days.Contains(local.DayOfWeek) && TimeOnly.FromTimeSpan(local.TimeOfDay) is var clock && clock >= From && clock < Until;
    }

    public static OfficeHours Read(OfficeHoursFile file, TimeZoneInfo zone, List<SettingsError> errors)
    {
        var (from, until) = (ReadTime(file.From, "$.officeHours.from", errors), ReadTime(file.Until, "$.officeHours.until", errors));
        if (from >= until)
            errors.Add(new SettingsError { Path = "$.officeHours.until", Message = "must be later than from" });
        return new OfficeHours(from, until, file.Days, zone);
    }

    private static TimeOnly ReadTime(string text, string path, List<SettingsError> errors)
    {
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return time;
        errors.Add(new SettingsError { Path = path, Message = $"must be a time such as 09:00, not \"{text}\"" });
        return default;
    }
}
