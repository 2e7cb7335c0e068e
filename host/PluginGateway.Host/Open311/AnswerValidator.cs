using System.Globalization;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Checks the answers against the service's questions and reports every error with the code of the question. Answers with codes that the service
/// does not define are kept and are never an error. Except for strict clients, answers are also converted to what the question asks for: a text with
/// line breaks to a single line, and a JSON list to its values.
/// </summary>
internal static class AnswerValidator
{
    /// <summary>Converts the answers, and adds every error in them to the problems of the arguments.</summary>
    /// <returns>The answers, converted except for strict clients.</returns>
    public static IReadOnlyList<ReportAnswer> ConvertAndCheck(Service service, IReadOnlyList<ReportAnswer> answers, bool strict, Parameters arguments)
    {
        if (!strict)
            answers = Converted(service, answers);
        Check(service, answers, arguments);
        return answers;
    }

    private static IReadOnlyList<ReportAnswer> Converted(Service service, IReadOnlyList<ReportAnswer> answers)
    {
        List<ReportAnswer>? converted = null;
        for (var i = 0; i < answers.Count; i++)
            if (Find(service, answers[i].Code) is { } attribute && answers[i].Values.Any(v => NeedsConversion(attribute, v)))
            {
                converted ??= [.. answers];
                converted[i] = answers[i] with { Values = [.. answers[i].Values.SelectMany(v => Convert(attribute, v)).Distinct(StringComparer.Ordinal)] };
            }

        return converted ?? answers;
    }

    private static ServiceAttribute? Find(Service service, string code)
    {
        foreach (var attribute in service.Attributes)
            if (attribute.Code == code)
                return attribute;
        return null;
    }

    private static bool NeedsConversion(ServiceAttribute attribute, string value) =>
        attribute.Type switch
        {
            // FixMyStreet's addresses end in line breaks, and its text areas contain them, whatever the question asks for.
            AttributeType.String => value.Contains('\n', StringComparison.Ordinal),
            AttributeType.SingleValueList or AttributeType.MultiValueList => value.AsSpan().TrimStart().StartsWith("[") && !IsKey(attribute, value),
            _ => false,
        };

    private static IEnumerable<string> Convert(ServiceAttribute attribute, string value) =>
        !NeedsConversion(attribute, value) ? [value]
        : attribute.Type == AttributeType.String
            ? [string.Join(' ', value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))]
        : JsonValues.OfList(value) ?? [value];

    private static bool IsKey(ServiceAttribute attribute, string value) => attribute.Values.Any(v => v.Key == value);

    private static void Check(Service service, IReadOnlyList<ReportAnswer> answers, Parameters arguments)
    {
        foreach (var attribute in service.Attributes)
        {
            var values = Given(answers, attribute.Code);
            var count = values.Count(static v => !string.IsNullOrWhiteSpace(v));
            // Texts that are only shown and values that the server sets are not variable, so they are never required.
            if (count == 0 && attribute is { Required: true, Variable: true })
                arguments.Problem($"attribute[{attribute.Code}] is required.", ErrorCodes.AttributeMissing);
            if (count > 1 && attribute.Type != AttributeType.MultiValueList)
                arguments.Problem($"attribute[{attribute.Code}] accepts only one value.", ErrorCodes.AttributeWrong);
            // The text with all choices can be long, so it is created once, however many values are invalid.
            string? choices = null;
            if (count > 0)
                foreach (var value in values)
                    if (!string.IsNullOrWhiteSpace(value) && FindProblem(attribute, value, ref choices) is { } problem)
                        arguments.Problem(problem, ErrorCodes.AttributeWrong);
        }
    }

    private static IReadOnlyList<string> Given(IReadOnlyList<ReportAnswer> answers, string code)
    {
        foreach (var answer in answers)
            if (answer.Code == code)
                return answer.Values;
        return [];
    }

    private static string? FindProblem(ServiceAttribute attribute, string value, ref string? choices)
    {
        switch (attribute.Type)
        {
            case AttributeType.Number
                when !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number):
                return $"attribute[{attribute.Code}] must be a number.";
            case AttributeType.DateTime when !Open311Time.TryParse(value, out _, out _):
                return $"attribute[{attribute.Code}] must be a date and time such as 2026-01-31T09:30:00Z.";
            case AttributeType.String when value.Contains('\n'):
                return $"attribute[{attribute.Code}] must be a single line.";
            case AttributeType.SingleValueList or AttributeType.MultiValueList:
                var chosen = attribute.Values.FirstOrDefault(v => string.Equals(v.Key, value, StringComparison.Ordinal));
                if (chosen is { DisableMessage: { Length: > 0 } message })
                    return message;
                // A list without values would refuse every answer, so it accepts any text.
                return chosen is null && !attribute.AllowAny && attribute.Values.Count > 0
                    ? choices ??= $"attribute[{attribute.Code}] must be one of: {string.Join(", ", attribute.Values.Select(v => v.Key))}."
                    : null;
            default:
                return null;
        }
    }
}
