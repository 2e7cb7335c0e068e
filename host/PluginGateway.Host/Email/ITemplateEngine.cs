namespace PluginGateway.Host.Email;

/// <summary>The seam behind which templates become text; another engine is one class.</summary>
internal interface ITemplateEngine
{
    /// <summary>Compiles a template. Values are escaped when the result is HTML.</summary>
    /// <exception cref="FormatException">The template is wrong; the message says where.</exception>
    Func<IReadOnlyDictionary<string, object?>, string> Compile(string source, bool html);

    /// <summary>What is wrong with a template, or null.</summary>
    string? WhyNot(string source);
}
