using System.Text.Encodings.Web;
using System.Text.Unicode;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace PluginGateway.Core.Templates;

/// <summary>
/// Renders a template within limits. In HTML, every value is escaped when it is written, so that no function or assignment in a template
/// can undo the escaping. The template's own text is written by another overload and is not escaped.
/// </summary>
internal sealed class EscapingContext : TemplateContext
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly bool _isHtml;
    private readonly long _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
    private int _evaluations;

    public EscapingContext(ScriptObject builtIns, bool isHtml, CancellationToken cancellationToken)
        : base(builtIns)
    {
        _isHtml = isHtml;
        CancellationToken = cancellationToken;
        StrictVariables = true;
        EnableRelaxedMemberAccess = false;
        LoopLimit = TemplateLimits.Steps;
        RecursiveLimit = TemplateLimits.Recursion;
        RegexTimeOut = TemplateLimits.Regex;
        LimitToString = TemplateLimits.TextLength;
        OnStringLimit = ScriptLimitBehavior.Throw;
        OutputLimit = TemplateLimits.OutputLength;
        OnOutputLimit = ScriptLimitBehavior.Throw;
    }

    /// <summary>
    /// Limits the number of evaluated expressions, the memory that they allocate and the length of interpolated texts. The library limits
    /// none of these.
    /// </summary>
    public override object? Evaluate(ScriptNode? scriptNode, bool aliasReturnedFunction)
    {
        if (++_evaluations > TemplateLimits.Evaluations)
            throw new ScriptRuntimeException(CurrentSpan, $"the template evaluates more than {TemplateLimits.Evaluations} expressions");

        var value = base.Evaluate(scriptNode, aliasReturnedFunction);
        if (value is string { Length: > TemplateLimits.TextLength })
            throw new ScriptRuntimeException(CurrentSpan, $"a value is longer than {TemplateLimits.TextLength} characters");
        if (GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore > TemplateLimits.AllocatedBytes)
            throw new ScriptRuntimeException(CurrentSpan, $"the template uses more than {TemplateLimits.AllocatedBytes >> 20} MB of memory");
        return value;
    }

    public override TemplateContext Write(SourceSpan span, object? textAsObject)
    {
        if (!_isHtml || textAsObject is null)
            return base.Write(span, textAsObject);

        Write(Html.Encode(ObjectToString(textAsObject) ?? ""));
        return this;
    }
}
