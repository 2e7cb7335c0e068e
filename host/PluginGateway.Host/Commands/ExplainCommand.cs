using System.CommandLine;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Commands;

/// <summary><c>explain council report.json</c>: shows how a report would be processed, without sending it.</summary>
internal static class ExplainCommand
{
    public static Command Create(CommandHost host)
    {
        var council = new Argument<string>("council") { Description = "The council's jurisdiction_id." };
        var file = new Argument<FileInfo>("report")
        {
            Description = "A report as JSON with Open311's field names; answers are in \"attribute\": { code: value }.",
        };
        var command = new Command(
            "explain", "Show how a report would be processed (category, owner, route, rules, copies, request), without sending it.") { council, file };
        command.SetAction((result, ct) => RunAsync(host, result.GetValue(council)!, result.GetValue(file)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(CommandHost host, string name, FileInfo file, CancellationToken ct)
    {
        if (!file.Exists)
        {
            await Console.Error.WriteLineAsync($"{file} does not exist.");
            return GatewayCommands.UsageError;
        }

        var (fields, received, error) = ReportFile.Read(await File.ReadAllBytesAsync(file.FullName, ct));
        if (fields is null)
            return await FailAsync($"{file}: {error}");
        if ((await host.CouncilsAsync(ct)).Find(name) is not { } council)
            return await FailAsync($"There is no council {name}.");
        if (await host.Get<ServiceCatalogues>().GetAsync(council, ct) is not { } services)
            return await FailAsync("The council's services are not known, because its system has never been reached.");

        var arguments = new Parameters(fields);
        var code = arguments.One("service_code");
        if (code is null || services.Find(code) is not { } service)
            return await FailAsync(
                code is null
                    ? "service_code was not provided."
                    : $"{name} has no service {code}; it has {string.Join(", ", services.Services.Select(s => s.Code))}.");

        // The validation is the same as in the endpoint, so the endpoint refuses the same reports.
        var request = ReportParser.Read(arguments, council, service.Service, strict: false, received ?? host.Get<TimeProvider>().GetUtcNow());
        if (arguments.Problems.Count > 0)
            return await FailAsync("The report would be refused: " + string.Join(" ", arguments.Problems.Select(p => p.Description)));

        var explanation = await host.Get<ReportExplainer>().ExplainAsync(council, service, request, ct);
        foreach (var line in Lines(explanation))
            Console.WriteLine(line);
        if (explanation.PlanProblem is { } problem)
            return await FailAsync($"{service.Owner.Name}: {problem}");
        return explanation.PreviewProblem is null ? GatewayCommands.Success : GatewayCommands.CheckFailed;
    }

    private static IEnumerable<string> Lines(Explanation explanation)
    {
        var service = explanation.Service;
        yield return $"category  {service.Code}, "
            + $"{service.Service.Name}{(service.Service.Groups.Count > 0 ? $" ({string.Join(", ", service.Service.Groups)})" : "")}";
        yield return $"owner     {service.Owner.Name} ({service.Owner.Adapter})";
        yield return $"route     {explanation.Route.Name} ({explanation.Route.Adapter})";
        if (explanation.PlanProblem is not null)
            yield break;

        yield return $"plan      {Listed(explanation.Facts.Select(f => $"{f.Key}={f.Value}"))}";
        foreach (var step in explanation.Trace)
            yield return $"  {(step.Output.Length > 0 ? "+" : "-")} {step.Rule}: "
                + $"{(step.Inputs.Length > 0 ? step.Inputs : "always")}{(step.Output.Length > 0 ? $" -> {step.Output}" : "")}";
        yield return $"copies    {Listed(explanation.Copies.Select(Text))}";
        yield return $"request   {explanation.PreviewProblem ?? (explanation.Preview is null ? "the adapter provides no preview" : "as it would be sent now")}";
        if (explanation.Preview is { } preview)
            yield return preview;
    }

    private static string Listed(IEnumerable<string> items) => string.Join(", ", items) is { Length: > 0 } listed ? listed : "none";

    private static string Text(Copy copy)
    {
        var address = copy.To.Name[(copy.To.Name.IndexOf(':') + 1)..];
        return $"{address} ({(copy.At == CopyTime.Accepted ? "immediately" : "after delivery")}{(copy.To.EvenIfPaused ? ", even if paused" : "")})";
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return GatewayCommands.CheckFailed;
    }
}
