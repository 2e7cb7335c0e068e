using Scriban;

namespace PluginGateway.Core.Templates;

/// <summary>A template that was parsed, and what its values are escaped for.</summary>
internal sealed record CompiledTemplate(Template Template, bool IsHtml);
