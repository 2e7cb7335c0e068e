namespace PluginGateway.Core.Templates;

/// <summary>A problem in a template and its position; line and column are counted from 1.</summary>
internal sealed record TemplateProblem(int Line, int Column, string Message)
{
    public override string ToString() => $"line {Line}, column {Column}: {Message.TrimEnd('.')}";
}
