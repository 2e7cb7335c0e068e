using Scriban;

namespace PluginGateway.Core.Templates;

/// <summary>A parsed template, and whether its values are escaped for HTML.</summary>
internal sealed record CompiledTemplate(Template Template, bool IsHtml);
