using System.Text.RegularExpressions;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology;

/// <summary>What an operation that changes something answered: a status, and rows of which one may say that it was created all the same.</summary>
internal sealed partial record SymologyResponse
{
    private const string Information = "1";
    private const string Made = "2";

    public required string StatusCode { get; init; }

    /// <summary>Status and messages, in Symology's words.</summary>
    public required string Words { get; init; }

    /// <summary>A row says that something was created: whatever the status says, there is no point in trying again.</summary>
    public required bool HasMade { get; init; }

    public string? CaseNumber { get; init; }

    /// <summary>What the rows say about the report itself.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    public bool IsDone => StatusCode == "0" || HasMade;

    /// <summary>It has a case with this reference already: an earlier try arrived.</summary>
    public bool IsKnown => !IsDone && AlreadyThere().IsMatch(Words);

    /// <summary>Reads an answer, or null when it is another element.</summary>
    /// <param name="content">The content of the envelope's body.</param>
    /// <param name="operation">The operation without <c>Authenticated</c>.</param>
    public static SymologyResponse? Of(XElement content, string operation)
    {
        var result = content.Elements().FirstOrDefault(e => e.Name.LocalName.StartsWith(operation, StringComparison.Ordinal));
        if (result.Child("StatusCode") is not { } said)
            return null;

        var status = said.Value.Trim();
        var (results, row) = operation == "SendEventAction"
            ? ("SendEventActionResults", "SendEventActionResultRow")
            : ("SendRequestResults", "SendRequestResultRow");
        var rows = result.Child(results).Children(row).ToList();
        var made = rows.Where(r => r.Text("RecordType") == Made).ToList();
        var messages = rows.Where(r => r.Text("RecordType") == Information).Select(r => r.Text("MessageText")).Where(m => m.Length > 0);
        return new SymologyResponse
        {
            StatusCode = status,
            Words = string.Join(" - ", messages.Prepend(result.Text("StatusMessage"))),
            HasMade = made.Count > 0,
            CaseNumber = made.Select(r => r.TextOrNull("ConvertCRNo")).FirstOrDefault(n => n is not null),
            Refusals = [.. rows.Where(r => r.Text("RecordType") == Information).Select(r => r.Text("MessageText"))],
        };
    }

    /// <summary>
    /// What an answer that nothing was done means. A no to the report names one of its fields, and a wrong login the login; everything else
    /// may be about the hour: the system passes on what its own database said.
    /// </summary>
    /// <param name="what">What was to be done, in the words that operators know from the logs of other gateways.</param>
    public AdapterException Failure(string what)
    {
        var detail = $"Couldn't create {what} in Symology: {Words}";
        return Login().IsMatch(Words) ? AdapterException.Misconfigured("The council's system does not accept the gateway's login.", detail)
            : Refusals.Any(r => Refused().IsMatch(r)) ? AdapterException.Rejected("The council's system does not take it as it is.", detail)
            : AdapterException.Transient("The council's system has trouble at the moment.", detail);
    }

    [GeneratedRegex(@"already (exists|been used|in use|present)|duplicate", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex AlreadyThere();

    [GeneratedRegex(
        @"^\s*(invalid|incorrect|unknown|wrong) (user ?name|password|user ?name (or|and) password|credentials)\b"
            + @"|^\s*(the )?(user|login) is not authori[sz]ed\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Login();

    [GeneratedRegex(
        @"^\s*(NSGRef|RegionSite|UnitID|Recorded(Date|Time)|UserName|RequestType|Priority|AnalysisCode[12]|Location|ExternalRef"
            + @"|Description|Easting|Northing|InWebRequestID|WebRequestID|ServiceCode|NextAction(UserName)?|NextInspection|NextNotify|CRNo|EventType"
            + @"|Customer\w{1,30}|ContactType|FieldLine|ValueType|DataValue)\b[^.]{0,60}\b(is required|is (not valid|invalid)|is too long|must be)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Refused();
}
