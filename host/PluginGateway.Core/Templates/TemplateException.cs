namespace PluginGateway.Core.Templates;

/// <summary>A template could not be rendered.</summary>
internal sealed class TemplateException(TemplateProblem problem, bool isTemporary = false) : Exception(problem.ToString())
{
    public TemplateProblem Problem => problem;

    /// <summary>It took too long, or too many others were being rendered: the machine may have been busy, and a later try may succeed.</summary>
    public bool IsTemporary => isTemporary;
}
