using System.Text.RegularExpressions;
using Scriban;
using Scriban.Functions;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace PluginGateway.Core.Templates;

/// <summary>
/// Renders templates with Scriban: the one place that does, with one set of limits. Parsing and rendering run on a thread of their own, whose stack is
/// deep enough for what the parser lets through, and which may be given up without anything else waiting for it.
/// </summary>
internal sealed partial class TemplateRenderer
{
    private const int StackBytes = 16 << 20;
    private const string Earlier = "this is the syntax of earlier versions, which is no longer supported; write {{ if name }} … {{ end }} and {{ name }}";

    /// <summary>Rendered at the same time; a thread that was given up keeps its place until it ends.</summary>
    private const int Places = 4;

    /// <summary>A single step that cannot be interrupted, such as writing out a number of 20,000 digits, takes less than this.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    /// <summary>How long a place is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The first use compiles the library, which is no work of a template's.</summary>
    private static readonly TimeSpan FirstTime = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, object?> First = new(StringComparer.Ordinal)
    {
        ["list"] = new List<Dictionary<string, object?>> { new(StringComparer.Ordinal) { ["name"] = "<a>" } },
    };

    private readonly SemaphoreSlim _places = new(Places);
    private Task? _warm;

    /// <summary>Parses a template and tries it with the samples.</summary>
    /// <returns>The template, or everything that is wrong with it.</returns>
    /// <exception cref="TemplateException">The machine had no time for it.</exception>
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
    /// <exception cref="TemplateException">It failed, or went past a limit; the message says where.</exception>
    public async Task<string> RenderAsync(CompiledTemplate template, IReadOnlyDictionary<string, object?> values, CancellationToken ct)
    {
        await WarmAsync();
        return await RunAsync(limit => Render(template, values, limit), TemplateLimits.Time, ct);
    }

    private static (CompiledTemplate? Template, IReadOnlyList<TemplateProblem> Problems) Parse(string text, bool isHtml, TemplateVocabulary vocabulary)
    {
        if (text.Length > TemplateLimits.SourceLength)
            return (null, [new TemplateProblem(1, 1, $"it is longer than {TemplateLimits.SourceLength} characters")]);
        if (EarlierSyntax().Match(text) is { Success: true } earlier)
            return (null, [At(text, earlier.Index, Earlier)]);

        if (FindOpenTag(text) is { } open)
            return (null, [new TemplateProblem(open.Line + 1, open.Column + 1, "{{ has no }} that ends it")]);

        var template = Template.Parse(text);
        IReadOnlyList<TemplateProblem> problems = template.HasErrors
            ? [.. template.Messages.Where(m => m.Type == ParserMessageType.Error).Select(m => At(m.Span, m.Message))]
            : TemplateNames.Check(template.Page!, vocabulary, Functions.Allowed);
        return problems.Count > 0 ? (null, problems) : (new CompiledTemplate(template, isHtml), []);
    }

    /// <summary>Where a tag begins that does not end, which the parser takes for the end of the template.</summary>
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
            return string.IsNullOrWhiteSpace(rendered[0]) ? new TemplateProblem(1, 1, "it is empty, or renders to nothing") : null;
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

    /// <summary>Texts, numbers, flags, and lists and groups of them, as Scriban's plain objects: nothing with behaviour gets into a template.</summary>
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
                throw new ArgumentException($"A template cannot be given a {value.GetType().Name}.", nameof(value));
        }
    }

    private async Task<T> RunAsync<T>(Func<CancellationToken, T> work, TimeSpan within, CancellationToken ct)
    {
        if (!await _places.WaitAsync(Patience, ct))
            throw new TemplateException(new TemplateProblem(1, 1, "too many templates are being rendered"), isTemporary: true);

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Run(work, within, done), StackBytes) { IsBackground = true, Name = "template" };
        thread.Start();
        try
        {
            return await done.Task.WaitAsync(within + GiveUpAfter, ct);
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
            // Real time, whatever clock the gateway goes by: it limits what a template takes of the machine.
            using var limit = new CancellationTokenSource(within);
            done.TrySetResult(work(limit.Token));
        }
#pragma warning disable CA1031 // Whatever is not caught on a thread of its own ends the process; whoever waits for the result gets it.
        catch (Exception e)
        {
            done.TrySetException(e);
        }
#pragma warning restore CA1031
        finally
        {
            _places.Release();
        }
    }

    private Task WarmAsync() => _warm is { IsFaulted: false } warm ? warm : _warm = RunAsync(
        limit =>
        {
            var template = Template.Parse("{{ if list }}{{ for a in list }}{{ a.name | string.upcase }}{{ end }}{{ end }}");
            return Render(new CompiledTemplate(template, IsHtml: true), First, limit) + Render(new CompiledTemplate(template, IsHtml: false), First, limit);
        },
        FirstTime,
        CancellationToken.None);

    private static TemplateException TookTooLong(SourceSpan span) =>
        new(At(span, $"rendering took longer than {TemplateLimits.Time.TotalSeconds:0} s"), isTemporary: true);

    private static TemplateProblem At(SourceSpan span, string what) => new(span.Start.Line + 1, span.Start.Column + 1, what);

    private static TemplateProblem At(string text, int position, string what)
    {
        var before = text.AsSpan(0, position);
        return new TemplateProblem(before.Count('\n') + 1, position - before.LastIndexOf('\n'), what);
    }

    /// <summary>
    /// Blocks and braces that mean something else, or nothing, to Scriban: "{{#" begins a comment, so that a condition would be lost in silence.
    /// </summary>
    [GeneratedRegex(
        @"\{\{\{|\{\{~?#(if|each|unless|with)\b|\{\{~?/(if|each|unless|with)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex EarlierSyntax();

    /// <summary>In a class of its own, so that the library is loaded with the first template and not with the gateway.</summary>
    private static class Functions
    {
        public static readonly ScriptObject Allowed = Make();

        /// <summary>Scriban's functions without those that run texts as code, and without regular expressions.</summary>
        private static ScriptObject Make()
        {
            var all = new BuiltinFunctions();
            all.Remove("regex");
            foreach (var (name, value) in all.ToList())
            {
                if (value is not ScriptObject group)
                    continue;

                // A copy: the original is shared by everything in the process that uses the library. Read-only, or one template could leave
                // something for another.
                var own = (ScriptObject)group.Clone(deep: false);
                if (name == "object")
                {
                    own.Remove("eval");
                    own.Remove("eval_template");
                }

                own.IsReadOnly = true;
                all.SetValue(name, own, readOnly: true);
            }

            all.IsReadOnly = true;
            return all;
        }
    }
}
