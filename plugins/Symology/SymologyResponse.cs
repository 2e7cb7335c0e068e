using System.Text.RegularExpressions;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology;

/// <summary>The response to an operation that changes something: a status, and rows. A row can state that a case was created despite an error status.</summary>
internal sealed partial record SymologyResponse
{
    private const string Information = "1";
    private const string Created = "2";

    public required string StatusCode { get; init; }

    /// <summary>The status message and the messages of the rows, unchanged.</summary>
    public required string Words { get; init; }

    /// <summary>Whether a row states that a case was created. The operation must then not be repeated, whatever the status is.</summary>
    public required bool HasCreated { get; init; }

    public string? CaseNumber { get; init; }

    /// <summary>The messages of the rows about the report itself.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    public bool IsDone => StatusCode == "0" || HasCreated;

    /// <summary>Whether the system already has a case with this reference, because an earlier attempt arrived.</summary>
    public bool AlreadyExists => !IsDone && AlreadyThere().IsMatch(Words);

    /// <summary>Reads a response; returns null when the element is not a response of the operation.</summary>
    /// <param name="content">The content of the envelope's body.</param>
    /// <param name="operation">The name of the operation without <c>Authenticated</c>.</param>
    public static SymologyResponse? Of(XElement content, string operation)
    {
        var result = content.Elements().FirstOrDefault(e => e.Name.LocalName.StartsWith(operation, StringComparison.Ordinal));
        if (result.Child("StatusCode") is not { } statusCode)
            return null;

        var status = statusCode.LeafText();
        var (results, row) = operation == "SendEventAction"
            ? ("SendEventActionResults", "SendEventActionResultRow")
            : ("SendRequestResults", "SendRequestResultRow");
        var rows = result.Child(results).Children(row).ToList();
        var created = rows.Where(r => r.Text("RecordType") == Created).ToList();
        var messages = rows.Where(r => r.Text("RecordType") == Information).Select(r => r.Text("MessageText")).Where(m => m.Length > 0);
        return new SymologyResponse
        {
            StatusCode = status,
            Words = string.Join(" - ", messages.Prepend(result.Text("StatusMessage"))),
            HasCreated = created.Count > 0,
            CaseNumber = created.Select(r => r.TextOrNull("ConvertCRNo")).FirstOrDefault(n => n is not null),
            Refusals = [.. rows.Where(r => r.Text("RecordType") == Information).Select(r => r.Text("MessageText"))],
        };
    }

    /// <summary>
    /// Returns the exception for a response that reports an error. A message that names a field of the report is a rejection, and one about the
    /// login is a configuration error. All other errors count as transient, because the system also passes on temporary errors of its database.
    /// </summary>
    /// <param name="what">The operation, in the wording that operators know from the log of FixMyStreet's own gateway.</param>
    public AdapterException Failure(string what)
    {
        var detail = $"Couldn't create {what} in Symology: {Words}";
        return Login().IsMatch(Words)
            ? AdapterException.Misconfigured("The council's system rejected our user name or password. Ask the council for new ones.", detail)
            : Refusals.Any(r => Refused().IsMatch(r)) ? AdapterException.Rejected("The council's system refused the data sent to it.", detail)
            : AdapterException.Transient("The council's system reported an error.", detail);
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
