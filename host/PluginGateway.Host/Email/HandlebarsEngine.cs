using HandlebarsDotNet;

namespace PluginGateway.Host.Email;

/// <summary>Handlebars without helpers and partials of its own: a template can show values and lists, and do nothing else.</summary>
internal sealed class HandlebarsEngine : ITemplateEngine
{
    private readonly Lazy<IHandlebars> _html = new(() => Handlebars.Create(new HandlebarsConfiguration { NoEscape = false, ThrowOnUnresolvedBindingExpression = false }));
    private readonly Lazy<IHandlebars> _text = new(() => Handlebars.Create(new HandlebarsConfiguration { NoEscape = true, ThrowOnUnresolvedBindingExpression = false }));

    public Func<IReadOnlyDictionary<string, object?>, string> Compile(string source, bool html)
    {
        try
        {
            var template = (html ? _html : _text).Value.Compile(source);
            return model =>
            {
                try
                {
                    return template(model);
                }
                catch (Exception e) when (e is HandlebarsException or InvalidOperationException or ArgumentException)
                {
                    throw new FormatException(e.Message, e);
                }
            };
        }
        catch (Exception e) when (e is HandlebarsException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    public string? WhyNot(string source)
    {
        try
        {
            Compile(source, html: true);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
