using Microsoft.Extensions.Options;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Adapters;

[OptionsValidator]
internal sealed partial class PluginOptionsValidator : IValidateOptions<PluginOptions>;
