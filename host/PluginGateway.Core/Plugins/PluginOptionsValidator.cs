using Microsoft.Extensions.Options;
using PluginGateway.PluginHosting;

namespace PluginGateway.Core.Plugins;

[OptionsValidator]
internal sealed partial class PluginOptionsValidator : IValidateOptions<PluginOptions>;
