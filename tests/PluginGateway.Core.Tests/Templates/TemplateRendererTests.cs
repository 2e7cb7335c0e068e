using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Contracts;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Tests.Templates;

/// <summary>Tests what templates may do, and that values from citizens are always escaped in HTML.</summary>
public sealed class TemplateRendererTests
{
    private const string Malicious = "<script>alert(\"x\")</script>'&\u0000{{ id }}";

    private readonly TemplateRenderer _renderer = new();

    public static TheoryData<string, bool> Invalid => new(TemplateCorpus.Invalid.Keys.SelectMany(name => new[] { (name, true), (name, false) }));

    public static TheoryData<string, bool> Valid => new(TemplateCorpus.Valid.Keys.SelectMany(name => new[] { (name, true), (name, false) }));

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task Invalid_template_is_rejected_with_its_problem(string name, bool isHtml)
    {
        var (text, expected) = TemplateCorpus.Invalid[name];

        var (template, problems) = await _renderer.CompileAsync(text, isHtml, ReportMailModel.Vocabulary, default);

        Assert.Null(template);
        Assert.Contains(expected, problems[0].Message, StringComparison.Ordinal);
        Assert.True(problems[0] is { Line: >= 1, Column: >= 1 });
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public async Task Valid_template_renders(string name, bool isHtml)
    {
        var (text, expected) = TemplateCorpus.Valid[name];

        var (template, problems) = await _renderer.CompileAsync(text, isHtml, ReportMailModel.Vocabulary, default);

        Assert.Empty(problems);
        Assert.Contains(expected, await _renderer.RenderAsync(template!, ReportMailModel.For(ReportMailSamples.Full), default), StringComparison.Ordinal);
    }

    /// <summary>The limits also apply when an accepted template exceeds them for a particular report.</summary>
    [Fact]
    public async Task Rendering_that_exceeds_a_limit_fails_with_its_problem()
    {
        var (template, problems) =
            await _renderer.CompileAsync(
                "{{ for line in description_lines }}{{ for other in description_lines }}{{ line }}{{ end }}{{ end }}", isHtml: false,
                ReportMailModel.Vocabulary, default);
        Assert.Empty(problems);

        var values = ReportMailModel.For(
            ReportMailSamples.Full with { Request = ReportMailSamples.Full.Request with { Description = new string('\n', 1_200) } });
        var failure = await Assert.ThrowsAsync<TemplateException>(() => _renderer.RenderAsync(template!, values, default));

        Assert.Contains("iteration limit", failure.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(1, failure.Problem.Line);
    }

    [Fact]
    public async Task All_problems_are_reported_with_line_and_column()
    {
        var (_, problems) =
            await _renderer.CompileAsync("Dear desk,\n{{ if adress }}\n  {{ descriptoin }}\n{{ end }}", isHtml: false, ReportMailModel.Vocabulary, default);

        Assert.Equal(
            ["line 2, column 7: unknown name adress; did you mean address?", "line 3, column 6: unknown name descriptoin; did you mean description?"],
            problems.Select(p => p.ToString()));
    }

    [Fact]
    public async Task Concurrent_renderings_wait_for_a_free_slot()
    {
        // Twelve concurrent renderings need three rounds of the four slots.
        var slow = TemplateCorpus.Invalid["tree recursion"].Text;
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _renderer.CompileAsync(slow, isHtml: false, ReportMailModel.Vocabulary, default)));

        Assert.All(all, r => Assert.Contains("more than 200000 expressions", r.Problems[0].Message, StringComparison.Ordinal));
        var (template, _) = await _renderer.CompileAsync("{{ id }}", isHtml: false, ReportMailModel.Vocabulary, default);
        Assert.NotNull(template);
    }

    [Fact]
    public async Task Memory_of_a_growing_text_is_limited()
    {
        await _renderer.CompileAsync("{{ id }}", isHtml: false, ReportMailModel.Vocabulary, default);
        var before = GC.GetTotalAllocatedBytes();

        await _renderer.CompileAsync(TemplateCorpus.Invalid["concatenation by interpolation"].Text, isHtml: false, ReportMailModel.Vocabulary, default);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 100 << 20);
    }

    [Theory]
    [InlineData("report.sbn-html")]
    [InlineData("report.sbn-txt")]
    [InlineData("report-subject.sbn-txt")]
    public async Task Built_in_templates_escape_malicious_values(string part)
    {
        var (template, problems) = await _renderer.CompileAsync(await BuiltInAsync(part), MailTemplates.IsHtml(part), ReportMailModel.Vocabulary, default);
        Assert.Empty(problems);

        var mail = await _renderer.RenderAsync(template!, ReportMailModel.For(MaliciousReport(Malicious)), default);

        if (MailTemplates.IsHtml(part))
            AssertEscaped(mail);
        else
            Assert.Contains("<script>", mail, StringComparison.Ordinal);
    }

    /// <summary>Whatever a template does with values, their characters are escaped in HTML.</summary>
    [Fact]
    public void Values_are_always_escaped_in_html()
    {
        var value = Gen.Elements(
            "service", "description", "council", "groups", "address", "name", "phone", "reference", "earlier_ids", "id", "answers[0].label",
            "answers[0].value", "photos[0].name", "attachments[0].name", "links[0]",
            "description_lines[0]", "description_lines", "answers", "photos");
        var function = Gen.Elements(
            "", "| string.upcase", "| string.downcase", "| string.strip", "| string.capitalize", "| string.truncate 30", "| string.append '<b>'",
            "| string.prepend name ?? ''", "| string.replace 'a' '<'", "| string.slice 1",
            "| string.literal", "| html.escape", "| html.url_encode", "| html.newline_to_br", "| object.to_json", "| object.default '<i>'",
            "| string.base64_encode | string.base64_decode", "| string.split 'x'", "| string.split 'a' | array.join '<u>'",
            "+ '<b>'", "?? '<b>'", "| string.handleize", "| string.replace '&lt;' '<'");
        var expression = from v in value from fs in function.ArrayOf(3) select $"{v} {string.Join(' ', fs)}";
        var shape = Gen.Elements<Func<string, string>>(
            e => $"{{{{ {e} }}}}",
            e => $"{{{{ x = {e} }}}}{{{{ x }}}}",
            e => $"{{{{ capture x }}}}{{{{ {e} }}}}{{{{ end }}}}{{{{ x }}}}",
            e => $"{{{{ for i in [{e}] }}}}{{{{ i }}}}{{{{ end }}}}",
            e => $"{{{{ func f(a) }}}}{{{{ a }}}}{{{{ end }}}}{{{{ f({e}) }}}}",
            e => $"{{{{ func g(a); ret a; end }}}}{{{{ g({e}) }}}}",
            e => $"{{{{ $'-{{{e}}}-' }}}}",
            e => $"{{{{ if {e} }}}}{{{{ {e} }}}}{{{{ end }}}}",
            e => $"{{{{ wrap h }}}}{{{{ {e} }}}}{{{{ end }}}}{{{{ func h }}}}{{{{ $$ }}}}{{{{ end }}}}",
            e => $"{{{{ x = {{ a: {e} }} }}}}{{{{ x.a }}}}{{{{ x }}}}");
        var template = from parts in (from e in expression from s in shape select s(e)).NonEmptyListOf() select string.Concat(parts.Take(4));
        var values = ReportMailModel.For(MaliciousReport(Malicious));
        var rendered = 0;

        Prop.ForAll(
            template.ToArbitrary(),
            text =>
            {
                string html;
                try
                {
                    html = RenderUnchecked(text, values);
                }
                catch (TemplateException)
                {
                    // The template was rejected, so nothing is rendered.
                    return;
                }

                rendered++;
                // These templates contain no literal HTML, so each of these characters would come from a value.
                Assert.DoesNotContain(html, c => c is '<' or '>' or '"' or '\'');
                Assert.DoesNotMatch("&(?!(lt|gt|amp|quot|#[0-9]+|#x[0-9A-F]+);)", html);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

        Assert.InRange(rendered, 50, 400);
    }

    [Fact]
    public async Task Rendering_allocates_little_memory()
    {
        var (template, _) = await _renderer.CompileAsync(await BuiltInAsync("report.sbn-html"), isHtml: true, ReportMailModel.Vocabulary, default);
        var values = ReportMailModel.For(ReportMailSamples.Full);
        await _renderer.RenderAsync(template!, values, default);
        var allocated = GC.GetTotalAllocatedBytes();

        await _renderer.RenderAsync(template!, values, default);

        // Rendering does not parse or use reflection: the allocations are a small multiple of the result.
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 2 << 20);
    }

    private static void AssertEscaped(string html)
    {
        // Only templates may write these tags; those in values must be escaped.
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("</script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("alert(\"", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("</SCRIPT", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<u>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<br", html.Replace("<br>", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static MailedReport MaliciousReport(string text) => ReportMailSamples.Full with
    {
        CouncilName = text,
        ReplyTo = text,
        Request = ReportMailSamples.Full.Request with
        {
            Reference = text,
            EarlierIds = [text],
            Service = new Service { Code = text, Name = text, Groups = [text], Attributes = [new ServiceAttribute { Code = "SIZE", Description = text }] },
            Description = text,
            Location = new ReportLocation { Latitude = 51.5, Longitude = -0.1, Address = text, AddressId = text },
            Reporter = new Reporter { FirstName = text, LastName = text, Email = text, Phone = text },
            Answers = [new ReportAnswer { Code = "SIZE", Values = [text] }],
            MediaUrls = [new Uri("https://reports.example/?a=<script>alert(\"x\")</script>"), new Uri("javascript:alert(1)")],
        },
        Photos = [(new Attachment { Id = 1, FileName = text, ContentType = "image/jpeg", Length = 1 }, "photo1")],
        Files = [new Attachment { Id = 2, FileName = text, ContentType = "application/pdf", Length = 1 }],
    };

    private static async Task<string> BuiltInAsync(string part)
    {
        using var reader = new StreamReader(typeof(MailTemplates).Assembly.GetManifestResourceStream($"email-templates/{part}")!);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Renders without the check against the samples, because the escaping does not depend on it.</summary>
    private string RenderUnchecked(string text, IReadOnlyDictionary<string, object?> values)
    {
        var parsed = Scriban.Template.Parse(text);
        return parsed.HasErrors
            ? throw new TemplateException(new TemplateProblem(1, 1, parsed.Messages[0].Message))
            : Task.Run(() => _renderer.RenderAsync(new CompiledTemplate(parsed, IsHtml: true), values, default)).GetAwaiter().GetResult();
    }
}
