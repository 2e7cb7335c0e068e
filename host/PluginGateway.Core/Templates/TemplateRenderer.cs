using System.Text.RegularExpressions;
using Scriban;
using Scriban.Functions;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace PluginGateway.Core.Templates;

/// <summary>
/// Renders all templates with Scriban, under one set of limits. Parsing and rendering run on a separate thread, whose stack is deep enough
/// for every template that the parser accepts. The thread can be abandoned without blocking anything else.
/// </summary>
internal sealed partial class TemplateRenderer
{
    private const int StackBytes = 16 << 20;
    private const string EarlierSyntaxMessage = "the syntax of earlier versions is no longer supported; use {{ if name }} … {{ end }} and {{ name }}";

    /// <summary>The maximum number of concurrent renderings. A thread that was abandoned keeps its slot until it ends.</summary>
    private const int MaxConcurrent = 4;

    /// <summary>
    /// How long after its time limit a thread is abandoned. A single step that cannot be interrupted, such as writing out a number of
    /// 20,000 digits, takes less time.
    /// </summary>
    private static readonly TimeSpan AbandonAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SlotTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The time limit of the first use, which compiles the library and is not counted as work of a template.</summary>
    private static readonly TimeSpan WarmUpTimeout = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, object?> WarmUpValues = new(StringComparer.Ordinal)
    {
        ["list"] = new List<Dictionary<string, object?>> { new(StringComparer.Ordinal) { ["name"] = "<a>" } },
    };

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);
    private Task? _warm;

    /// <summary>Parses a template and renders it with the samples.</summary>
    /// <returns>The template, or all its problems.</returns>
    /// <exception cref="TemplateException">The machine was too busy to check the template.</exception>
    public async Task<(CompiledTemplate? Template, IReadOnlyList<TemplateProblem> Problems)> CompileAsync(
        string text, bool isHtml, TemplateVocabulary vocabulary, CancellationToken ct)
    {
        await WarmAsync();
        return await RunAsync(
            limit =>
            {
                var (template, problems) = Parse(text, isHtml, vocabulary);
                if (template is not null && TrySamples(template, vocabulary, limit) is { } problem)
                    (template, problems) = (null, [problem]);
                return (template, problems);
            },
            TemplateLimits.Time,
            ct);
    }

    /// <summary>Renders a template.</summary>
    /// <exception cref="TemplateException">Rendering failed or exceeded a limit; the message contains the position.</exception>
    public async Task<string> RenderAsync(CompiledTemplate template, IReadOnlyDictionary<string, object?> values, CancellationToken ct)
    {
        await WarmAsync();
        return await RunAsync(limit => Render(template, values, limit), TemplateLimits.Time, ct);
    }

    private static (CompiledTemplate? Template, IReadOnlyList<TemplateProblem> Problems) Parse(string text, bool isHtml, TemplateVocabulary vocabulary)
    {
        if (text.Length > TemplateLimits.SourceLength)
            return (null, [new TemplateProblem(1, 1, $"the template is longer than {TemplateLimits.SourceLength} characters")]);
        if (EarlierSyntax().Match(text) is { Success: true } earlier)
            return (null, [At(text, earlier.Index, EarlierSyntaxMessage)]);

        if (FindOpenTag(text) is { } open)
            return (null, [new TemplateProblem(open.Line + 1, open.Column + 1, "{{ has no closing }}")]);

        var template = Template.Parse(text);
        IReadOnlyList<TemplateProblem> problems = template.HasErrors
            ? [.. template.Messages.Where(m => m.Type == ParserMessageType.Error).Select(m => At(m.Span, m.Message))]
            : TemplateNames.Check(template.Page!, vocabulary, Functions.Allowed);
        return problems.Count > 0 ? (null, problems) : (new CompiledTemplate(template, isHtml), []);
    }

    /// <summary>Returns the start of a tag that is not closed, which the parser would accept at the end of a template.</summary>
    private static TextPosition? FindOpenTag(string text)
    {
        TextPosition? open = null;
        foreach (var token in new Lexer(text))
            open = token.Type switch
            {
                TokenType.CodeEnter => token.Start,
                TokenType.CodeExit => null,
                _ => open,
            };
        return open;
    }

    private static TemplateProblem? TrySamples(CompiledTemplate template, TemplateVocabulary vocabulary, CancellationToken limit)
    {
        try
        {
            var rendered = vocabulary.Samples.Select(sample => Render(template, sample, limit)).ToList();
            return string.IsNullOrWhiteSpace(rendered[0]) ? new TemplateProblem(1, 1, "the template is empty or renders to nothing") : null;
        }
        catch (TemplateException e) when (!e.IsTemporary)
        {
            return e.Problem;
        }
    }

    private static string Render(CompiledTemplate template, IReadOnlyDictionary<string, object?> values, CancellationToken limit)
    {
        var context = new EscapingContext(Functions.Allowed, template.IsHtml, limit);
        context.PushGlobal((ScriptObject)Plain(values)!);
        try
        {
            return template.Template.Render(context);
        }
        catch (ScriptAbortException e)
        {
            throw TookTooLong(e.Span);
        }
        catch (ScriptRuntimeException e)
        {
            throw new TemplateException(At(e.Span, e.OriginalMessage));
        }
        catch (Exception e) when (
            e is InvalidOperationException or ArgumentException or FormatException or ArithmeticException or OutOfMemoryException
                or InsufficientExecutionStackException)
        {
            throw new TemplateException(new TemplateProblem(1, 1, e.Message));
        }
    }

    /// <summary>
    /// Converts texts, numbers, flags, and lists and groups of them to Scriban's plain objects, so that no object with behaviour gets into
    /// a template.
    /// </summary>
    private static object? Plain(object? value)
    {
        switch (value)
        {
            case null or string or bool or int or long or double:
                return value;
            case IReadOnlyDictionary<string, object?> group:
                var result = new ScriptObject(group.Count);
                foreach (var (name, member) in group)
                    result[name] = Plain(member);
                return result;
            case System.Collections.IEnumerable list:
                return new ScriptArray(list.Cast<object?>().Select(Plain));
            default:
                throw new ArgumentException($"Templates do not support values of the type {value.GetType().Name}.", nameof(value));
        }
    }

    private async Task<T> RunAsync<T>(Func<CancellationToken, T> work, TimeSpan within, CancellationToken ct)
    {
        if (!await _slots.WaitAsync(SlotTimeout, ct))
            throw new TemplateException(new TemplateProblem(1, 1, "too many templates are being rendered at the same time"), isTemporary: true);

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Run(work, within, done), StackBytes) { IsBackground = true, Name = "template" };
        thread.Start();
        try
        {
            return await done.Task.WaitAsync(within + AbandonAfter, ct);
        }
        catch (TimeoutException)
        {
            throw TookTooLong(default);
        }
    }

    private void Run<T>(Func<CancellationToken, T> work, TimeSpan within, TaskCompletionSource<T> done)
    {
        try
        {
            // Real time, not the gateway's clock, because this limits how much of the machine a template uses.
            using var limit = new CancellationTokenSource(within);
            done.TrySetResult(work(limit.Token));
        }
#pragma warning disable CA1031 // An exception that is not caught on a separate thread ends the process; it goes to the caller that waits for the result.
        catch (Exception e)
        {
            done.TrySetException(e);
        }
#pragma warning restore CA1031
        finally
        {
            _slots.Release();
        }
    }

    private Task WarmAsync() => _warm is { IsFaulted: false } warm ? warm : _warm = RunAsync(
        limit =>
        {
            var template = Template.Parse("{{ if list }}{{ for a in list }}{{ a.name | string.upcase }}{{ end }}{{ end }}");
            return Render(new CompiledTemplate(template, IsHtml: true), WarmUpValues, limit)
                + Render(new CompiledTemplate(template, IsHtml: false), WarmUpValues, limit);
        },
        WarmUpTimeout,
        CancellationToken.None);

    private static TemplateException TookTooLong(SourceSpan span) =>
        new(At(span, $"rendering took longer than {TemplateLimits.Time.TotalSeconds:0} s"), isTemporary: true);

    private static TemplateProblem At(SourceSpan span, string message) => new(span.Start.Line + 1, span.Start.Column + 1, message);

    private static TemplateProblem At(string text, int position, string message)
    {
        var before = text.AsSpan(0, position);
        return new TemplateProblem(before.Count('\n') + 1, position - before.LastIndexOf('\n'), message);
    }

    /// <summary>
    /// Blocks and braces of the earlier syntax, which mean something else or nothing to Scriban: <c>{{#</c> starts a comment, so that a
    /// condition would be ignored silently.
    /// </summary>
    [GeneratedRegex(
        @"\{\{\{|\{\{~?#(if|each|unless|with)\b|\{\{~?/(if|each|unless|with)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex EarlierSyntax();

    /// <summary>A separate class, so that the library is loaded with the first template and not at startup.</summary>
    private static class Functions
    {
        public static readonly ScriptObject Allowed = Make();

        /// <summary>Creates the set of Scriban's functions, without those that run texts as code and without regular expressions.</summary>
        private static ScriptObject Make()
        {
            var all = new BuiltinFunctions();
            all.Remove("regex");
            foreach (var (name, value) in all.ToList())
            {
                if (value is not ScriptObject group)
                    continue;

                // A copy, because the original is shared by the whole process. Read-only, so that one template cannot leave values for
                // another.
                var copy = (ScriptObject)group.Clone(deep: false);
                if (name == "object")
                {
                    copy.Remove("eval");
                    copy.Remove("eval_template");
                }

                copy.IsReadOnly = true;
                all.SetValue(name, copy, readOnly: true);
            }

            all.IsReadOnly = true;
            return all;
        }
    }
}
