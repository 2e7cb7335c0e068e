using System.Text;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Templates;

public sealed class TemplateFuzzTests
{
    private readonly TemplateRenderer _renderer = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Templates_are_compiled_or_their_problems_are_reported(bool isHtml) => Fuzz.Run(
        [.. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "host/PluginGateway.Core/email-templates")).Select(File.ReadAllText)],
        content =>
        {
            var (template, problems) = _renderer.CompileAsync(Encoding.UTF8.GetString(content), isHtml, ReportMailModel.Vocabulary, default)
                .GetAwaiter().GetResult();
            Assert.True(template is not null || problems.Count > 0);
        });
}
