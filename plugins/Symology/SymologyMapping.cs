using System.Globalization;
using PluginGateway.Adapters.Symology.Requests;
using PluginGateway.Adapters.Toolkit.Categories;
using PluginGateway.Adapters.Toolkit.Rules;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology;

/// <summary>The compiled settings of a council: categories, rules and services. Compiling them reports every error in them.</summary>
internal sealed class SymologyMapping
{
    /// <summary>Attributes of every service. The gateway adds the attribute for the client's reference.</summary>
    private static readonly ServiceAttribute[] StandardAttributes =
    [
        new()
        {
            Code = "easting",
            Description = "Easting",
            Type = AttributeType.Number,
            Required = true,
            Variable = false,
            Automated = AttributeAutomation.ServerSet,
        },
        new()
        {
            Code = "northing",
            Description = "Northing",
            Type = AttributeType.Number,
            Required = true,
            Variable = false,
            Automated = AttributeAutomation.ServerSet,
        },
        new() { Code = "UnitID", Description = "Unit ID", Automated = AttributeAutomation.HiddenField },
        new() { Code = "NSGRef", Description = "NSG reference", Automated = AttributeAutomation.HiddenField },
        new() { Code = "contributed_by", Description = "Contributed by", Variable = false, Automated = AttributeAutomation.ServerSet },
        new() { Code = "area_code", Description = "Area code", Variable = false, Automated = AttributeAutomation.ServerSet },
    ];

    /// <summary>Codes that clients send although no service lists them.</summary>
    private static readonly string[] Unlisted = ["fixmystreet_id", "RegionSite", "report_url", "title", "private_comments"];

    private static readonly string[] CustomerFields = ["CustomerType", "ContactType"];
    private static readonly string[] EventOutputs = ["EventType", "EventDescription", "NextAction"];
    private static readonly string[] EventFields = ["LineNo", "HistoryType", "HistoryTypeDescription", "HistoryEventType", "HistoryDate", "HistoryTime",
        "HistoryEvent", "HistoryEventDescription", "HistoryDescription", "HistoryReference"];
    private static readonly string[] StatusOutputs = ["status", "externalStatusCode", "description"];

    private static readonly string[] Statuses =
    [
        "IGNORE", "unchanged", "open", "closed", "fixed", "in_progress", "planned", "action_scheduled", "investigating", "duplicate",
        "not_councils_responsibility", "no_further_action", "internal_referral", "cancelled", "reopen", "for_triage",
    ];

    private readonly List<SettingsError> _errors;
    private readonly Dictionary<string, MappedCategory> _categories = new(StringComparer.Ordinal);

    public SymologyMapping(SymologySettings settings, List<SettingsError> errors)
    {
        (Settings, _errors) = (settings, errors);
        CheckAddresses();
        CheckFields(settings.RequestDefaults, "$.requestDefaults", RequestFields.Settable, "is not a field of a request");
        CheckFields(settings.CustomerDefaults, "$.customerDefaults", CustomerFields, "is not a field of a customer");

        var standard =
            StandardAttributes.Concat(
                settings.Attributes.Select(
                    a => new ServiceAttribute { Code = a, Description = a, Variable = false, Automated = AttributeAutomation.ServerSet })).ToList();
        var codes = standard.Select(a => a.Code).Concat(Unlisted).Distinct(StringComparer.Ordinal).ToList();
        foreach (var (code, category) in settings.Categories)
        {
            var path = $"$.categories.{code}";
            errors.AddRange(category.Errors(path, RequestFields.Settable));
            for (var i = 0; i < category.Questions.Count; i++)
                if (standard.Exists(a => a.Code == category.Questions[i].Code) || category.Questions[i].Code == "fixmystreet_id")
                    Add($"{path}.questions[{i}].code", $"\"{category.Questions[i].Code}\" is reserved: every category has it");
            var rules = RuleList.Read(category.Rules, $"{path}.rules", Requests([.. codes, .. category.Questions.Select(q => q.Code)]), errors);
            _categories[code] = new MappedCategory(category, category.ToService(code, standard), rules);
        }

        var all = codes.Concat(settings.Categories.Values.SelectMany(c => c.Questions).Select(q => q.Code)).Distinct(StringComparer.Ordinal).ToList();
        Descriptions = RuleList.Read(
            settings.DescriptionRules, "$.descriptionRules", Requests(all) with { FindOutputProblem = RuleSyntax.OneOf(["Description"]) }, errors);
        Rules = RuleList.Read(settings.Rules, "$.rules", Requests(all), errors);
        Events = RuleList.Read(
            settings.EventRules, "$.eventRules",
            new RuleSyntax
            {
                FindInputProblem = RuleSyntax.OneOf(["status", "description"], ["request.", "attribute."]),
                FindOutputProblem = RuleSyntax.OneOf(EventOutputs),
            }, errors);
        // Any name is allowed, because the columns depend on the council's export.
        RowStatuses = RuleList.Read(settings.Updates.Statuses, "$.updates.statuses", StatusSyntax(static _ => null), errors);
        EventStatuses = RuleList.Read(settings.Updates.Events, "$.updates.events", StatusSyntax(RuleSyntax.OneOf(EventFields)), errors);
        ExtraFields = ReadExtraFields(all);
    }

    public SymologySettings Settings { get; }

    public IReadOnlyList<Service> Services => [.. _categories.Values.Select(c => c.Service)];

    public RuleList Descriptions { get; }

    public RuleList Rules { get; }

    public RuleList Events { get; }

    public RuleList RowStatuses { get; }

    public RuleList EventStatuses { get; }

    public IReadOnlyList<(SymologyField Field, TextTemplate Value)> ExtraFields { get; }

    /// <summary>Whether an update must state its service, because the system needs the service code to identify a case.</summary>
    public bool HasServiceCodes => _categories.Values.Any(c => c.Category.Parameters.ContainsKey("ServiceCode"));

    public MappedCategory? Find(string code) => _categories.GetValueOrDefault(code);

    private static RuleSyntax Requests(IReadOnlyCollection<string> attributes) => new()
    {
        FindInputProblem = RuleSyntax.OneOf(
            [
                "category", "group", "description", "photos", .. attributes.Select(a => $"attribute.{a}"), .. RequestFields.All.Select(f => $"request.{f}"),
                .. CustomerFields.Select(f => $"customer.{f}"),
            ],
            "plan."),
        FindOutputProblem = RuleSyntax.OneOf([.. RequestFields.Settable, .. CustomerFields.Select(f => $"customer.{f}")], "plan."),
    };

    private static RuleSyntax StatusSyntax(Func<string, string?> findInputProblem) => new()
    {
        IsLenient = true,
        FindInputProblem = findInputProblem,
        FindOutputProblem = RuleSyntax.OneOf(StatusOutputs),
        Required = "status",
        FindValueProblem = static (output, value) =>
            output != "status" || Statuses.Contains(value, StringComparer.Ordinal)
                ? null
                : $"\"{value}\" is not a status; known: {string.Join(", ", Statuses)}",
    };

    private void CheckAddresses()
    {
        if (!IsAddress(Settings.EndpointUrl))
            Add("$.endpointUrl", "must be an http or https address");
        for (var i = 0; i < Settings.Updates.Urls.Count; i++)
            if (!IsAddress(Settings.Updates.Urls[i]))
                Add($"$.updates.urls[{i}]", "must be an http or https address");
        if (Settings.EndpointUsername is null != Settings.EndpointPassword is null)
            Add("$.endpointPassword", "endpointUsername and endpointPassword must be set together");
        try
        {
            var example = new DateTime(2026, 11, 23, 9, 30, 0, DateTimeKind.Unspecified).ToString(Settings.Updates.DateFormat, CultureInfo.InvariantCulture);
            if (!DateTime.TryParseExact(example, Settings.Updates.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var read)
                || read.Date != new DateTime(2026, 11, 23, 0, 0, 0, DateTimeKind.Unspecified))
                Add("$.updates.dateFormat", "is not a date and time format such as dd/MM/yyyy HH:mm");
        }
        catch (FormatException)
        {
            Add("$.updates.dateFormat", "is not a date and time format such as dd/MM/yyyy HH:mm");
        }

        if (Settings.Fields is { PhotoStart: { } start, PhotoEnd: { } end } && end < start)
            Add("$.fields.photoEnd", "must not be less than photoStart");
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";

    private void CheckFields(IReadOnlyDictionary<string, string> given, string path, IReadOnlyCollection<string> known, string message)
    {
        foreach (var name in given.Keys.Where(k => !known.Contains(k, StringComparer.Ordinal)))
            Add($"{path}.{name}", $"{message}; known: {string.Join(", ", known)}");
    }

    private List<(SymologyField, TextTemplate)> ReadExtraFields(IReadOnlyCollection<string> attributes)
    {
        var fields = new List<(SymologyField, TextTemplate)>();
        var syntax = Requests(attributes);
        for (var i = 0; i < Settings.ExtraFields.Count; i++)
        {
            var (field, path) = (Settings.ExtraFields[i], $"$.extraFields[{i}].value");
            if (TextTemplate.Parse(field.Value) is not { } template)
            {
                Add(path, "has an unmatched brace; write {{ or }} for a literal brace");
                continue;
            }

            foreach (var input in template.Inputs)
                if (syntax.FindInputProblem(input) is { } unknown)
                    Add(path, $"\"{input}\" {unknown}");
            fields.Add((field, template));
        }

        return fields;
    }

    private void Add(string path, string message) => _errors.Add(new SettingsError { Path = path, Message = message });
}

/// <summary>A category with its service and its compiled rules.</summary>
internal sealed record MappedCategory(Category Category, Service Service, RuleList Rules);
