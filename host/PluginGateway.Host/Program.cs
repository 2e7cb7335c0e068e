using PluginGateway.Host;
using PluginGateway.Host.Commands;

var line = CommandLine.Split(args);
if (line.Command.Count > 0)
    return await GatewayCommands.RunAsync(line);

await using var gateway = Gateway.Build(line.Settings);
await gateway.RunAsync();
return 0;
