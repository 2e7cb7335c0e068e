namespace PluginGateway.Core.Templates;

/// <summary>What is wrong with a template, and where; line and column count from 1.</summary>
internal sealed record TemplateProblem(int Line, int Column, string Message)
{
    public override string ToString() => $"line {Line}, column {Column}: {Message}";
}
