using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>The condition of a rule.</summary>
internal abstract record Condition
{
    public abstract bool Holds(Evaluation of);

    /// <summary>Holds when all of its conditions hold.</summary>
    public sealed record All(IReadOnlyList<Condition> Conditions) : Condition
    {
        public override bool Holds(Evaluation of)
        {
            foreach (var condition in Conditions)
                if (!condition.Holds(of))
                    return false;
            return true;
        }
    }

    /// <summary>Holds when at least one of its conditions holds.</summary>
    public sealed record Any(IReadOnlyList<Condition> Conditions) : Condition
    {
        public override bool Holds(Evaluation of)
        {
            foreach (var condition in Conditions)
                if (condition.Holds(of))
                    return true;
            return false;
        }
    }

    /// <summary>Holds when its condition does not hold.</summary>
    public sealed record Not(Condition Condition) : Condition
    {
        public override bool Holds(Evaluation of) => !Condition.Holds(of);
    }

    /// <summary>
    /// Holds when the input is one of the texts. An absent input counts as the empty text; of several answers, one that matches is enough.
    /// </summary>
    public sealed record OneOf(string Input, IReadOnlySet<string> Texts, bool Trim) : Condition
    {
        public override bool Holds(Evaluation of) => of.AnyOf(Input, Trim ? text => Texts.Contains(text.Trim()) : Texts.Contains);
    }

    /// <summary>Holds when the pattern matches anywhere in the input.</summary>
    public sealed record Like(string Input, Regex Pattern) : Condition
    {
        public override bool Holds(Evaluation of) => of.AnyOf(Input, Pattern.IsMatch);
    }

    /// <summary>Holds when the input is present, even if it is empty; or when it is absent, if <paramref name="Wanted"/> is false.</summary>
    public sealed record Exists(string Input, bool Wanted) : Condition
    {
        public override bool Holds(Evaluation of) => (of.Find(Input) is not null) == Wanted;
    }

    /// <summary>
    /// Holds when the input is less (-1) or greater (1) than a value. If the value is a number, only numeric inputs match; otherwise the texts are
    /// compared ordinally. An absent or empty input never matches.
    /// </summary>
    public sealed record Compares(string Input, string Value, int Sign) : Condition
    {
        public override bool Holds(Evaluation of) => of.AnyOf(Input, Holds);

        private bool Holds(string text)
        {
            if (text.Length == 0)
                return false;
            if (Number(Value) is { } right)
                return Number(text) is { } left && Math.Sign(left.CompareTo(right)) == Sign;
            return Math.Sign(string.CompareOrdinal(text, Value)) == Sign;
        }

        // Accepts the same numbers as the gateway does in answers to numeric questions.
        private static double? Number(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }
}
