using PluginGateway.Host;
using PluginGateway.Host.Commands;

var line = CommandLine.Split(args);
if (line.Command.Count > 0)
    return await GatewayCommands.RunAsync(line);

return await Gateway.RunAsync(line.Settings);
