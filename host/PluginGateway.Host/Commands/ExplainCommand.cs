using System.CommandLine;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Commands;

/// <summary><c>explain council report.json</c>: what would become of a report, without sending it.</summary>
internal static class ExplainCommand
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    public static Command Create(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var file = new Argument<FileInfo>("report") { Description = "A report as JSON, with Open311's field names; answers in \"attribute\": { code: value }." };
        var command = new Command("explain", "Show what would become of a report: category, owner, route, rules, request, copies. Nothing is sent.") { council, file };
        command.SetAction((result, ct) => RunAsync(host, result.GetValue(council)!, result.GetValue(file)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(CommandHost host, string name, FileInfo file, CancellationToken ct)
    {
        if (!file.Exists)
        {
            await Console.Error.WriteLineAsync($"{file} is not there.");
            return GatewayCommands.WrongCall;
        }

        var (form, received, mistake) = ReportFile.Read(await File.ReadAllBytesAsync(file.FullName, ct));
        if (form is null)
            return await WrongAsync($"{file}: {mistake}");
        if ((await host.CouncilsAsync(ct)).Find(name) is not { } council)
            return await WrongAsync($"There is no council {name}.");
        if (await host.Get<ServiceCatalogues>().GetAsync(council, ct) is not { } services)
            return await WrongAsync("The council's services are not known: its system was never reached.");

        var arguments = new Parameters(QueryCollection.Empty, form);
        var code = arguments.One("service_code");
        if (code is null || services.Find(code) is not { } service)
            return await WrongAsync(code is null ? "service_code was not provided." : $"{name} has no service {code}; it has {string.Join(", ", services.Services.Select(s => s.Code))}.");

        var request = ReportReading.Read(arguments, council, service.Service, strict: false, received ?? host.Get<TimeProvider>().GetUtcNow());
        request = request with { Id = "PG0000000000000", Reference = request.Answer(PublishedServicesBuilder.ReferenceCode) };
        if (arguments.Problems.Count > 0)
            return await WrongAsync("Not accepted: " + string.Join(" ", arguments.Problems.Select(p => p.Description)));

        return await ExplainAsync(host, council, service, request, ct);
    }

    private static async Task<int> ExplainAsync(CommandHost host, Council council, PublishedService service, ServiceRequest request, CancellationToken ct)
    {
        var route = await host.Get<RouteTable>().RouteAsync(council, service, ct);
        Console.WriteLine($"category  {service.Code}, {service.Service.Name}{(service.Service.Groups.Count > 0 ? $" ({string.Join(", ", service.Service.Groups)})" : "")}");
        Console.WriteLine($"owner     {service.Owner.Name} ({service.Owner.Adapter})");
        Console.WriteLine($"route     {route.Name} ({route.Adapter})");
        var (plan, problem) = await PlanAsync(host, service.Owner, request, ct);
        if (problem is not null)
            return await WrongAsync($"{service.Owner.Name}: {problem}");

        Console.WriteLine($"plan      {(plan is { Facts.Count: > 0 } ? string.Join(", ", plan.Facts.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}")) : "none")}");
        foreach (var step in plan?.Trace ?? [])
            Console.WriteLine($"  {(step.Output.Length > 0 ? "+" : "-")} {step.Rule}: {(step.Inputs.Length > 0 ? step.Inputs : "always")}{(step.Output.Length > 0 ? $" -> {step.Output}" : "")}");

        var copies = council.Copies.For(service.Code, request, plan);
        Console.WriteLine($"copies    {(copies.Count == 0 ? "none" : string.Join(", ", copies.Select(c => $"{c.To.Name[(c.To.Name.IndexOf(':') + 1)..]} ({(c.At == CopyTime.Accepted ? "at once" : "when it has arrived")}{(c.To.EvenIfPaused ? ", even if paused" : "")})")))}");

        (plan, problem) = route.Key == service.Owner.Key ? (plan, null) : await PlanAsync(host, route, request with { Plan = plan }, ct);
        Console.WriteLine($"request   {(problem ?? (plan?.Preview is null ? "the adapter shows none" : "as it would leave now"))}");
        if (plan?.Preview is { } preview)
            Console.WriteLine(preview);
        return problem is null ? GatewayCommands.Good : GatewayCommands.Wrong;
    }

    private static async Task<(RequestPlan? Plan, string? Problem)> PlanAsync(CommandHost host, BackEnd backEnd, ServiceRequest request, CancellationToken ct)
    {
        var outcome = await host.Get<AdapterCaller>().CallAsync<IRequestPlanner, RequestPlan>(backEnd, Within, (a, _) => Task.FromResult(a.Plan(request)), late: null, ct);
        return outcome switch
        {
            AdapterOutcome<RequestPlan>.Answered answered => (answered.Value, null),
            AdapterOutcome<RequestPlan>.Failed { Failure: var failure } => (null, $"{failure.Message} {failure.Detail}".TrimEnd()),
            AdapterOutcome<RequestPlan>.Away { Reason: AwayReason.NotSupported } => (null, null),
            AdapterOutcome<RequestPlan>.Away away => (null, away.Message),
            _ => (null, "no answer"),
        };
    }

    private static async Task<int> WrongAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return GatewayCommands.Wrong;
    }
}
