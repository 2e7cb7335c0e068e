using System.CommandLine;
using System.Globalization;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host.Commands;

/// <summary><c>send-method list|set|reset</c>: shows and changes the back end through which the reports of a council or a service are sent.</summary>
internal static class SendMethodCommands
{
    public static Command Create(CommandHost host) =>
        new("send-method", "Show or change the back ends through which reports are sent.") { List(host), Set(host), Reset(host) };

    private static Command List(CommandHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("list", "List the send method of each council, and who chose it.") { json };
        command.SetAction(async (result, ct) =>
        {
            var choices = await (await host.WithDatabaseAsync<RouteActions>(ct)).ListAsync(ct);
            var table = new Table("council", "service", "send method", "chosen by", "when", "reason");
            foreach (var council in (await host.CouncilsAsync(ct)).Councils)
            {
                if (!choices.Any(c => c.Council == council.JurisdictionId && c.Service.Length == 0))
                    table.Add(council.JurisdictionId, "all", council.SendMethod?.Name ?? "the owner of each service", "the council file", "", "");
                foreach (var choice in choices.Where(c => c.Council == council.JurisdictionId))
                    table.Add(
                        choice.Council, choice.Service.Length == 0 ? "all" : choice.Service, choice.BackEnd, choice.ByWhom,
                        UnixTime.At(choice.At).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), choice.Reason);
            }

            table.Print(result.GetValue(json));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Set(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var to = new Argument<string>("back-end") { Description = "The back end to send through." };
        var service = new Option<string?>("--service") { Description = "Only for this service." };
        var reason = new Option<string>("--reason") { Description = "The reason, which is recorded with the change.", Required = true };
        var by = new Option<string>("--by") { Description = "The person who makes the change.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command(
            "set", "Change the send method; waiting reports whose delivery has not begun are sent through it too.") { council, to, service, reason, by };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<RouteActions>(ct);
            var found = (await host.CouncilsAsync(ct)).Find(result.GetValue(council)!);
            var backEnd = found?.BackEnds.GetValueOrDefault(result.GetValue(to)!);
            if (found is null || backEnd is null)
            {
                await Console.Error.WriteLineAsync(found is null
                    ? $"There is no council {result.GetValue(council)}."
                    : $"{found.JurisdictionId} has no back end {result.GetValue(to)}; it has "
                        + $"{string.Join(", ", found.BackEnds.Keys.Order(StringComparer.Ordinal))}.");
                return GatewayCommands.CheckFailed;
            }

            var anyService = host.Get<Routes>().Accepts(backEnd, owner: "");
            var moved = await actions.SetAsync(found, result.GetValue(service) ?? "", backEnd, anyService, result.GetValue(by)!, result.GetValue(reason)!, ct);
            Console.WriteLine(
                $"{found.JurisdictionId}, {(result.GetValue(service) is { } code ? $"service {code}" : "all services")}: {backEnd.Name}. {moved} waiting "
                    + $"{(moved == 1 ? "report" : "reports")} moved.");
            if (!anyService)
                Console.WriteLine($"{backEnd.Name} accepts only its own services. Reports of other services are still sent to their owners.");
            return GatewayCommands.Success;
        });
        return command;
    }

    private static Command Reset(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var service = new Option<string?>("--service") { Description = "Only for this service, whose reports are then sent as for the council." };
        var reason = new Option<string>("--reason") { Description = "The reason, which is recorded with the change.", Required = true };
        var by = new Option<string>("--by") { Description = "The person who makes the change.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command(
            "reset", "Send as the council file says; waiting reports whose delivery has not begun are sent in that way too.") { council, service, reason, by };
        command.SetAction(async (result, ct) =>
        {
            var actions = await host.WithDatabaseAsync<RouteActions>(ct);
            if ((await host.CouncilsAsync(ct)).Find(result.GetValue(council)!) is not { } found)
            {
                await Console.Error.WriteLineAsync($"There is no council {result.GetValue(council)}.");
                return GatewayCommands.CheckFailed;
            }

            var code = result.GetValue(service) ?? "";
            var chosen = (await actions.ListAsync(ct)).FindAll(c => c.Council == found.JurisdictionId);
            if (!chosen.Exists(c => c.Service == code))
            {
                await Console.Error.WriteLineAsync($"No send method was chosen for {(code.Length > 0 ? $"service {code}" : found.JurisdictionId)}.");
                return GatewayCommands.CheckFailed;
            }

            var ofCouncil = code.Length > 0 ? chosen.Find(c => c.Service.Length == 0)?.BackEnd : null;
            var moved = await actions.ResetAsync(
                found, code, host.Get<Routes>().Defaults(found, ofCouncil), result.GetValue(by)!, result.GetValue(reason)!, ct);
            Console.WriteLine(
                $"{found.JurisdictionId}, {(code.Length > 0 ? $"service {code}: as for the council" : "all services: as in the council file")}. {moved} "
                    + $"waiting {(moved == 1 ? "report" : "reports")} moved.");
            return GatewayCommands.Success;
        });
        return command;
    }
}
