using System.Globalization;
using System.Text;
using PluginGateway.Adapters.Toolkit.Grid;
using PluginGateway.Adapters.Toolkit.Rules;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>
/// Builds Symology's request from a report: defaults, then the category's parameters, the description and the rules. Pure: the same report always
/// gives the same request.
/// </summary>
internal sealed class RequestBuilder(SymologyMapping mapping)
{
    private const string Plan = "plan.";
    private const string Customer = "customer.";

    /// <summary>Answers that are sent in separate fields and are therefore not part of the description.</summary>
    private static readonly string[] SeparateFields =
        ["fixmystreet_id", "easting", "northing", "UnitID", "RegionSite", "NSGRef", "contributed_by", "report_url"];

    private readonly NationalGrid _grid = new();

    /// <summary>Returns the reference by which the case is found. Each revision of the report is a separate case with a separate reference.</summary>
    public string Reference(ServiceRequest request) =>
        mapping.Settings.ExternalIdPrefix + (request.Reference ?? request.Id)
            + (request.Revision > 1 ? string.Create(CultureInfo.InvariantCulture, $"-{request.Revision}") : "");

    public SymologyRequest Build(ServiceRequest request)
    {
        var category = mapping.Find(request.Service.Code)
            ?? throw AdapterException.Rejected(
                "The council no longer accepts reports of this category.", $"{request.Service.Code} is not a configured category");
        var fields = new Dictionary<string, string>(RequestFields.Defaults, StringComparer.Ordinal);
        Merge(fields, mapping.Settings.RequestDefaults);
        (fields["Description"], fields["UserName"]) = (request.Description, mapping.Settings.Username);
        Merge(fields, category.Category.Parameters);
        foreach (var name in RequestFields.Optional)
            if (request.Answer(name) is { } value)
                fields[name] = value;
        (fields["Easting"], fields["Northing"]) = Place(request);
        (fields["ExternalRef"], fields["InWebRequestID"]) = (mapping.Settings.ExternalIdPrefix + (request.Reference ?? request.Id), Reference(request));
        var customer = new Dictionary<string, string>(mapping.Settings.CustomerDefaults, StringComparer.Ordinal);
        var (facts, trace) = (new Dictionary<string, string>(StringComparer.Ordinal), new List<PlanStep>());
        string? Input(string name) => Find(name, request, fields, customer, facts);
        void Set(string name, string value)
        {
            var (target, key) = name.StartsWith(Plan, StringComparison.Ordinal) ? (facts, name[Plan.Length..])
                : name.StartsWith(Customer, StringComparison.Ordinal) ? (customer, name[Customer.Length..])
                : (fields, name);
            target[key] = value;
        }

        mapping.Descriptions.ApplyAll(Input, Set, trace);
        fields["Description"] = Describe(fields["Description"], request, category);
        category.Rules.ApplyAll(Input, Set, trace);
        mapping.Rules.ApplyAll(Input, Set, trace);
        foreach (var name in RequestFields.Facts)
            if (fields.GetValueOrDefault(name) is { Length: > 0 } value)
                facts.TryAdd(name, value);

        return new SymologyRequest
        {
            Fields = fields,
            CustomerName = $"{request.Reporter.FirstName} {request.Reporter.LastName}".Trim(),
            Phone = request.Reporter.Phone,
            Email = request.Reporter.Email,
            CustomerType = customer.GetValueOrDefault("CustomerType"),
            ContactType = customer.GetValueOrDefault("ContactType"),
            AdditionalFields = [.. Addresses(request),
                .. mapping.ExtraFields.Select(f => new AdditionalField(f.Field.Line, f.Field.Type, f.Value.Fill(Input) is { Length: > 0 } text ? text : null))],
            Facts = facts,
            Trace = trace,
        };
    }

    private static void Merge(Dictionary<string, string> fields, IReadOnlyDictionary<string, string> more)
    {
        foreach (var (name, value) in more)
            fields[name] = value;
    }

    private static string? Find(
        string name, ServiceRequest request, Dictionary<string, string> fields, Dictionary<string, string> customer, Dictionary<string, string> facts)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var key = name[(dot + 1)..];
        return (dot < 0 ? name : name[..dot]) switch
        {
            "attribute" => request.Answers.FirstOrDefault(a => a.Code == key) is { } answer ? RuleText.Of(answer.Values) : null,
            "request" => fields.GetValueOrDefault(key),
            "customer" => customer.GetValueOrDefault(key),
            "plan" => facts.GetValueOrDefault(key),
            "category" => request.Service.Code,
            "group" => request.Service.Groups is [var first, ..] ? first : null,
            "description" => request.Description,
            "photos" => request.MediaUrls.Count.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }

    /// <summary>Returns the grid position that the client sent; if there is none, converts the coordinates of the report.</summary>
    private (string Easting, string Northing) Place(ServiceRequest request)
    {
        if (request.Answer("easting") is { Length: > 0 } east && request.Answer("northing") is { Length: > 0 } north)
            return (east, north);
        if (request.Location is not { Latitude: { } latitude, Longitude: { } longitude })
            return ("", "");

        var (easting, northing) = _grid.ToGrid(latitude, longitude);
        return (easting.ToString("0", CultureInfo.InvariantCulture), northing.ToString("0", CultureInfo.InvariantCulture));
    }

    private string Describe(string description, ServiceRequest request, MappedCategory category)
    {
        var text = new StringBuilder(description);
        foreach (var photo in request.MediaUrls)
            text.Append(CultureInfo.InvariantCulture, $"\n\n[ This report contains a photo, see: {photo.AbsoluteUri} ]");
        if (request.Answer("report_url") is { Length: > 0 } url)
            text.Append(CultureInfo.InvariantCulture, $"\n\nView report on {mapping.Settings.SiteName}: {url}");
        if (request.Location.Address is { Length: > 0 } address)
            text.Append(CultureInfo.InvariantCulture, $"\n\nLocation query entered: {address}");
        foreach (var answer in request.Answers.OrderBy(a => a.Code, StringComparer.Ordinal))
        {
            var question = category.Category.Questions.FirstOrDefault(q => q.Code == answer.Code);
            if (!SeparateFields.Contains(answer.Code, StringComparer.Ordinal)
                && !mapping.Settings.NotInDescription.Contains(answer.Code, StringComparer.Ordinal)
                && question?.Variable != false)
                text.Append(CultureInfo.InvariantCulture, $"\n\n{question?.Description ?? answer.Code}: "
                    + $"{string.Join(", ", answer.Values.Select(v => question?.Values.GetValueOrDefault(v) ?? v))}");
        }

        return text.ToString();
    }

    private IEnumerable<AdditionalField> Addresses(ServiceRequest request)
    {
        var lines = mapping.Settings.Fields;
        if (lines.Url is { } line && request.Answer("report_url") is { Length: > 0 } url)
            yield return new AdditionalField(line, lines.UrlType ?? lines.PhotoType, url);
        if (lines.PhotoStart is not { } start)
            yield break;
        for (var i = 0; i < request.MediaUrls.Count && (lines.PhotoEnd is null || start + i <= lines.PhotoEnd); i++)
            yield return new AdditionalField(start + i, lines.PhotoType, request.MediaUrls[i].AbsoluteUri);
    }
}
