using System.Text.Encodings.Web;
using System.Text.Unicode;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace PluginGateway.Core.Templates;

/// <summary>
/// Renders within limits. In HTML every value is escaped at the moment it is written, so that no function or assignment in a template can undo it;
/// the template's own text is written by another overload and stays as it is.
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
    /// Counts the work, and what it takes of memory: neither is bounded by the library. Nor is the length of texts that are put together by interpolation.
    /// </summary>
    public override object? Evaluate(ScriptNode? scriptNode, bool aliasReturnedFunction)
    {
        if (++_evaluations > TemplateLimits.Evaluations)
            throw new ScriptRuntimeException(CurrentSpan, $"It evaluates more than {TemplateLimits.Evaluations} expressions.");

        var value = base.Evaluate(scriptNode, aliasReturnedFunction);
        if (value is string { Length: > TemplateLimits.TextLength })
            throw new ScriptRuntimeException(CurrentSpan, $"A text is longer than {TemplateLimits.TextLength} characters.");
        if (GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore > TemplateLimits.AllocatedBytes)
            throw new ScriptRuntimeException(CurrentSpan, $"It takes more than {TemplateLimits.AllocatedBytes >> 20} MB of memory.");
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
