using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>What a rule asks before it applies.</summary>
internal abstract record Condition
{
    public abstract bool Holds(Evaluation of);

    /// <summary>Every one of some conditions.</summary>
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

    /// <summary>At least one of some conditions.</summary>
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

    /// <summary>Not the condition.</summary>
    public sealed record Not(Condition Condition) : Condition
    {
        public override bool Holds(Evaluation of) => !Condition.Holds(of);
    }

    /// <summary>An input is one of some texts; one that is not there is the empty text, and of several answers one is enough.</summary>
    public sealed record OneOf(string Input, IReadOnlySet<string> Texts) : Condition
    {
        public override bool Holds(Evaluation of) => of.AnyOf(Input, Texts.Contains);
    }

    /// <summary>An input matches a pattern somewhere.</summary>
    public sealed record Like(string Input, Regex Pattern) : Condition
    {
        public override bool Holds(Evaluation of) => of.AnyOf(Input, Pattern.IsMatch);
    }

    /// <summary>An input is there at all, even if it is empty.</summary>
    public sealed record Exists(string Input, bool Wanted) : Condition
    {
        public override bool Holds(Evaluation of) => (of.Find(Input) is not null) == Wanted;
    }

    /// <summary>
    /// An input is less (-1) or more (1) than a value. Beside a number only a number counts; texts are compared letter by letter. One that is
    /// not there is neither.
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

        // As the gateway takes answers to questions that ask for a number.
        private static double? Number(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }
}
