using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Reads a council file and reports all its errors. The settings of adapters are checked separately, when the council is checked.
/// </summary>
internal static partial class CouncilFileReader
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonElement NoSettings = JsonElement.Parse("{}");

    public static ParsedCouncilFile Read(ReadOnlyMemory<byte> content)
    {
        var errors = new List<SettingsError>();
        if (content.Span.StartsWith("\uFEFF"u8))
            content = content[3..];

        CouncilFile? file = null;
        try
        {
            using var json = JsonDocument.Parse(content, Lenient);
            if (JsonText.FindProblem(content.Span) is { } problem)
                Add(errors, "$", problem);
            else
                // Cloned because the settings are kept longer than the document.
                file = SettingsReader.Read(json.RootElement.Clone(), CouncilFileJson.Default.CouncilFile, errors);
        }
        catch (JsonException e)
        {
            Add(errors, "$", $"is not valid JSON: line {e.LineNumber + 1}, character {e.BytePositionInLine + 1}");
        }

        var council = file is null ? null : Compile(file, Convert.ToHexStringLower(SHA256.HashData(content.Span)), errors);
        return new ParsedCouncilFile(errors.Count == 0 ? council : null, file?.JurisdictionId, errors) { Draft = council };
    }

    private static Council? Compile(CouncilFile file, string hash, List<SettingsError> errors)
    {
        CheckHead(file, errors);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(file.TimeZone, out var zone))
            Add(errors, "$.timeZone", $"must be a time zone such as Europe/London, not \"{file.TimeZone}\"");
        var within = ReadAnswerWithin(file, errors);
        if (file.Bounds is { } b && (b.South >= b.North || b.West >= b.East))
            Add(errors, "$.bounds", "south must be less than north, and west must be less than east");

        var backEnds = file.Backends.ToFrozenDictionary(p => p.Key, p => CompileBackEnd(file, p.Key, p.Value, zone, hash, errors), StringComparer.Ordinal);
        if (backEnds.Count == 0)
            Add(errors, "$.backends", "must contain at least one back end");
        if (file.SendMethod is not null && !backEnds.ContainsKey(file.SendMethod))
            Add(errors, "$.sendMethod", UnknownBackEnd(file.SendMethod, backEnds));
        CheckCatalogue(file, backEnds, errors);
        CheckServices(file, backEnds, errors);
        var copies = CopyRules.Read(file, zone ?? TimeZoneInfo.Utc, hash, errors);

        return zone is null || within is null ? null : new Council
        {
            JurisdictionId = file.JurisdictionId,
            Name = file.Name,
            Aliases = file.Aliases,
            TimeZone = zone,
            Mode = file.Mode,
            AnswerWithin = within.Value,
            WhenSlow = file.WhenSlow,
            SendMethod = file.SendMethod is null ? null : backEnds.GetValueOrDefault(file.SendMethod),
            BackEnds = backEnds,
            Catalogue = file.Catalogue,
            Services = file.Services,
            Copies = copies,
            Examples = file.Examples,
            Bounds = file.Bounds,
            KeyForReads = file.KeyForReads,
            Hash = hash,
        };
    }

    private static void CheckHead(CouncilFile file, List<SettingsError> errors)
    {
        if (!JurisdictionPattern().IsMatch(file.JurisdictionId))
            Add(errors, "$.jurisdictionId", "must be 1 to 80 letters, digits, dots, hyphens and underscores, and start with a letter or digit");
        if (file.Name.Trim().Length == 0)
            Add(errors, "$.name", "must not be empty");
    }

    private static TimeSpan? ReadAnswerWithin(CouncilFile file, List<SettingsError> errors)
    {
        var within = Duration.Parse(file.AnswerWithin);
        if (within is null || within <= TimeSpan.Zero || within > TimeSpan.FromSeconds(60))
            Add(errors, "$.answerWithin", "must be a duration from 1ms to 60s, such as 20s");
        return within;
    }

    private static BackEnd CompileBackEnd(
        CouncilFile file, string name, BackEndFile backEnd, TimeZoneInfo? zone, string hash, List<SettingsError> errors)
    {
        var path = $"$.backends.{name}";
        CheckBackEnd(name, backEnd, path, errors);
        var within = backEnd.AttemptWithin is null ? null : Duration.Parse(backEnd.AttemptWithin);
        if (backEnd.AttemptWithin is not null && (within is null || within <= TimeSpan.Zero || within > TimeSpan.FromSeconds(400)))
            Add(errors, $"{path}.attemptWithin", "must be a duration from 1ms to 400s, such as 120s");

        return new BackEnd
        {
            Council = file.JurisdictionId,
            CouncilName = file.Name,
            TimeZone = zone ?? TimeZoneInfo.Utc,
            Name = name,
            Adapter = backEnd.Adapter,
            Prefix = backEnd.Prefix,
            Settings = backEnd.Settings.ValueKind == JsonValueKind.Undefined ? NoSettings : backEnd.Settings,
            Limit = backEnd.Limit,
            Rate = backEnd.Rate,
            AttemptWithin = within,
            Repeat = backEnd.Repeat switch
            {
                null => null,
                RecognisedRepeats.Both => IdempotencySupport.Reports | IdempotencySupport.Updates,
                RecognisedRepeats.Reports => IdempotencySupport.Reports,
                RecognisedRepeats.Updates => IdempotencySupport.Updates,
                _ => IdempotencySupport.None,
            },
            FileHash = hash,
            SecretNames = SettingsSubstitution.SecretNames(backEnd.Settings),
            Folder = backEnd.Documents is { } documents
                ? new WatchedFolder(Path.GetFullPath(documents.Folder, AppContext.BaseDirectory), documents.Remove)
                : null,
            IdPattern = CompilePattern(backEnd.IdPattern, $"{path}.idPattern", errors),
        };
    }

    private static void CheckBackEnd(string name, BackEndFile backEnd, string path, List<SettingsError> errors)
    {
        if (!BackEndPattern().IsMatch(name))
            Add(errors, path, "the name of a back end must be 1 to 40 lower-case letters, digits and hyphens, and start with a letter");
        if (backEnd.Prefix.StartsWith("PG", StringComparison.OrdinalIgnoreCase))
            Add(errors, $"{path}.prefix", "must not start with PG, which is reserved for the gateway's own ids");
        if (backEnd.Limit is < 1 or > 100)
            Add(errors, $"{path}.limit", "must be from 1 to 100");
        if (backEnd.Rate is < 1 or > 60_000)
            Add(errors, $"{path}.rate", "must be from 1 to 60000 calls per minute");
        if (backEnd.Settings.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
            Add(errors, $"{path}.settings", "must be an object");
        if (backEnd.Documents is { Folder: var folder } && folder.Trim().Length == 0)
            Add(errors, $"{path}.documents.folder", "must not be empty");
    }

    private static Regex? CompilePattern(string? pattern, string path, List<SettingsError> errors)
    {
        try
        {
            return pattern is null ? null : new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            Add(errors, path, "must be a valid regular expression without backreferences and lookarounds");
            return null;
        }
    }

    private static void CheckCatalogue(CouncilFile file, FrozenDictionary<string, BackEnd> backEnds, List<SettingsError> errors)
    {
        var publishing = file.Catalogue ?? [];
        for (var i = 0; i < publishing.Count; i++)
            if (!backEnds.ContainsKey(publishing[i]))
                Add(errors, $"$.catalogue[{i}]", UnknownBackEnd(publishing[i], backEnds));

        foreach (var duplicates in publishing.Where(backEnds.ContainsKey).Select(n => backEnds[n]).GroupBy(b => b.Prefix, StringComparer.Ordinal)
            .Where(g => g.Count() > 1))
        {
            var names = string.Join(" and ", duplicates.Select(b => b.Name));
            Add(errors, "$.catalogue", $"must not contain back ends with the same prefix; {names} have the prefix \"{duplicates.Key}\"");
        }
    }

    private static void CheckServices(CouncilFile file, FrozenDictionary<string, BackEnd> backEnds, List<SettingsError> errors)
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < file.Services.Count; i++)
        {
            var (service, path) = (file.Services[i], $"$.services[{i}]");
            if (service.Code.Trim().Length == 0)
                Add(errors, $"{path}.code", "must not be empty");
            if (!codes.Add(service.Code))
                Add(errors, $"{path}.code", $"must be unique; \"{service.Code}\" is given twice");
            if (service is { Group: not null, Groups: not null })
                Add(errors, $"{path}.groups", "must not be combined with group; use only one of them");
            if (service.Keywords?.Any(k => k.Contains(',')) == true)
                Add(errors, $"{path}.keywords", "must not contain keywords with commas");
            if (service.Backend is { } name)
            {
                if (!backEnds.TryGetValue(name, out var backEnd))
                    Add(errors, $"{path}.backend", UnknownBackEnd(name, backEnds));
                else if (!service.Code.StartsWith(backEnd.Prefix, StringComparison.Ordinal))
                    Add(errors, $"{path}.code", $"must start with \"{backEnd.Prefix}\", the prefix of the back end {name}");
            }

            CheckQuestions(service, path, errors);
        }
    }

    private static void CheckQuestions(ServiceFile service, string path, List<SettingsError> errors)
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (question, at) in (service.Questions ?? []).Select((q, n) => (q, $"{path}.questions[{n}]")))
        {
            var isList = question.Type is AttributeType.SingleValueList or AttributeType.MultiValueList;
            if (!CodePattern().IsMatch(question.Code))
                Add(errors, $"{at}.code", "must be 1 to 100 printable ASCII characters without square brackets; clients corrupt others");
            if (!codes.Add(question.Code))
                Add(errors, $"{at}.code", $"must be unique; \"{question.Code}\" is given twice");
            if (isList != question.Values.Count > 0)
                Add(errors, $"{at}.values", isList ? "must not be empty, because the type is a list" : "must be empty, because the type is not a list");
            if (question.Values.GroupBy(v => v.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } repeated)
                Add(errors, $"{at}.values", $"must have unique keys; \"{repeated.Key}\" is given twice");
        }
    }

    private static string UnknownBackEnd(string name, FrozenDictionary<string, BackEnd> backEnds) =>
        $"\"{name}\" is not known; known back ends: {(backEnds.Count == 0 ? "none" : string.Join(", ", backEnds.Keys.Order(StringComparer.Ordinal)))}";

    private static void Add(List<SettingsError> errors, string path, string message) =>
        errors.Add(new SettingsError { Path = path, Message = message });

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,79}\z", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex JurisdictionPattern();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex BackEndPattern();

    [GeneratedRegex(@"\A[ -Z\\^-~]{1,100}\z", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex CodePattern();
}

/// <summary>The result of reading a council file. The jurisdiction id is known if the file could be parsed.</summary>
internal sealed record ParsedCouncilFile(Council? Council, string? JurisdictionId, IReadOnlyList<SettingsError> Errors)
{
    /// <summary>The council as far as it could be read despite errors; only for finding further errors.</summary>
    public Council? Draft { get; init; }
}
