namespace PluginGateway.Core.Templates;

/// <summary>Thrown when a template cannot be rendered.</summary>
internal sealed class TemplateException(TemplateProblem problem, bool isTemporary = false) : Exception(problem.ToString())
{
    public TemplateProblem Problem => problem;

    /// <summary>
    /// Whether rendering took too long or too many other templates were being rendered: the machine may have been busy, and a later attempt
    /// may succeed.
    /// </summary>
    public bool IsTemporary => isTemporary;
}
