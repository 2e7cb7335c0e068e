using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Contracts;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Tests.Templates;

/// <summary>What templates may do, and that nothing that a citizen wrote gets into HTML as HTML.</summary>
public sealed class TemplateRendererTests
{
    private const string Hostile = "<script>alert(\"x\")</script>'&\u0000{{ id }}";

    private readonly TemplateRenderer _renderer = new();

    public static TheoryData<string, bool> Refused => new(TemplateCorpus.Refused.Keys.SelectMany(name => new[] { (name, true), (name, false) }));

    public static TheoryData<string, bool> Accepted => new(TemplateCorpus.Accepted.Keys.SelectMany(name => new[] { (name, true), (name, false) }));

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_template_that_is_wrong_or_goes_past_a_limit_is_refused_by_name(string name, bool isHtml)
    {
        var (text, expected) = TemplateCorpus.Refused[name];

        var (template, problems) = await _renderer.CompileAsync(text, isHtml, ReportMailModel.Vocabulary, default);

        Assert.Null(template);
        Assert.Contains(expected, problems[0].Message, StringComparison.Ordinal);
        Assert.True(problems[0] is { Line: >= 1, Column: >= 1 });
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task A_template_that_is_right_renders(string name, bool isHtml)
    {
        var (text, expected) = TemplateCorpus.Accepted[name];

        var (template, problems) = await _renderer.CompileAsync(text, isHtml, ReportMailModel.Vocabulary, default);

        Assert.Empty(problems);
        Assert.Contains(expected, await _renderer.RenderAsync(template!, ReportMailModel.For(ReportMailSamples.Full), default), StringComparison.Ordinal);
    }

    /// <summary>The same limits hold when a template was taken and a report makes it go past one.</summary>
    [Fact]
    public async Task A_report_that_makes_a_template_go_past_a_limit_fails_by_name()
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
    public async Task Problems_are_given_with_line_and_column_and_all_of_them()
    {
        var (_, problems) =
            await _renderer.CompileAsync("Dear desk,\n{{ if adress }}\n  {{ descriptoin }}\n{{ end }}", isHtml: false, ReportMailModel.Vocabulary, default);

        Assert.Equal(
            ["line 2, column 7: there is no value adress; did you mean address?", "line 3, column 6: there is no value descriptoin; did you mean description?"],
            problems.Select(p => p.ToString()));
    }

    [Fact]
    public async Task More_renderings_than_places_wait_for_each_other()
    {
        // Twelve at once need three turns of the four places.
        var slow = TemplateCorpus.Refused["recursion as a tree"].Text;
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _renderer.CompileAsync(slow, isHtml: false, ReportMailModel.Vocabulary, default)));

        Assert.All(all, r => Assert.Contains("more than 200000 expressions", r.Problems[0].Message, StringComparison.Ordinal));
        var (template, _) = await _renderer.CompileAsync("{{ id }}", isHtml: false, ReportMailModel.Vocabulary, default);
        Assert.NotNull(template);
    }

    [Fact]
    public async Task The_memory_that_a_growing_text_takes_is_bounded()
    {
        await _renderer.CompileAsync("{{ id }}", isHtml: false, ReportMailModel.Vocabulary, default);
        var before = GC.GetTotalAllocatedBytes();

        await _renderer.CompileAsync(TemplateCorpus.Refused["concatenation by interpolation"].Text, isHtml: false, ReportMailModel.Vocabulary, default);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 100 << 20);
    }

    [Theory]
    [InlineData("report.sbn-html")]
    [InlineData("report.sbn-txt")]
    [InlineData("report-subject.sbn-txt")]
    public async Task The_gateways_own_templates_show_hostile_values_as_they_are(string part)
    {
        var (template, problems) = await _renderer.CompileAsync(await OwnAsync(part), MailTemplates.IsHtml(part), ReportMailModel.Vocabulary, default);
        Assert.Empty(problems);

        var mail = await _renderer.RenderAsync(template!, ReportMailModel.For(HostileReport(Hostile)), default);

        if (MailTemplates.IsHtml(part))
            AssertEscaped(mail);
        else
            Assert.Contains("<script>", mail, StringComparison.Ordinal);
    }

    /// <summary>Whatever a template does with values: none of their characters gets into HTML unescaped.</summary>
    [Fact]
    public void No_value_gets_into_html_unescaped()
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
        var values = ReportMailModel.For(HostileReport(Hostile));
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
                    // Refused by name: nothing is shown.
                    return;
                }

                rendered++;
                // These templates have no text of their own, so that every one of these characters would be a value's.
                Assert.DoesNotContain(html, c => c is '<' or '>' or '"' or '\'');
                Assert.DoesNotMatch("&(?!(lt|gt|amp|quot|#[0-9]+|#x[0-9A-F]+);)", html);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

        Assert.InRange(rendered, 50, 400);
    }

    [Fact]
    public async Task A_template_is_rendered_in_far_less_than_its_time()
    {
        var (template, _) = await _renderer.CompileAsync(await OwnAsync("report.sbn-html"), isHtml: true, ReportMailModel.Vocabulary, default);
        var values = ReportMailModel.For(ReportMailSamples.Full);
        await _renderer.RenderAsync(template!, values, default);
        var allocated = GC.GetTotalAllocatedBytes();

        await _renderer.RenderAsync(template!, values, default);

        // No parsing, no reflection: what is allocated is a small multiple of the result.
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 2 << 20);
    }

    private static void AssertEscaped(string html)
    {
        // Only templates write these: none of the fragments of a value may appear as they came.
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("</script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("alert(\"", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("</SCRIPT", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<u>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<br", html.Replace("<br>", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static MailedReport HostileReport(string text) => ReportMailSamples.Full with
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

    private static async Task<string> OwnAsync(string part)
    {
        using var reader = new StreamReader(typeof(MailTemplates).Assembly.GetManifestResourceStream($"email-templates/{part}")!);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Renders what the samples might refuse too: the escaping does not depend on the check.</summary>
    private string RenderUnchecked(string text, IReadOnlyDictionary<string, object?> values)
    {
        var parsed = Scriban.Template.Parse(text);
        return parsed.HasErrors
            ? throw new TemplateException(new TemplateProblem(1, 1, parsed.Messages[0].Message))
            : Task.Run(() => _renderer.RenderAsync(new CompiledTemplate(parsed, IsHtml: true), values, default)).GetAwaiter().GetResult();
    }
}
