using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Runs the checks of a council file that need the adapters: whether each back end's settings are valid, and whether the file's examples produce the
/// expected results.
/// </summary>
internal sealed class CouncilCheck(PluginCatalog plugins, AdapterContexts contexts)
{
    public CheckResult Run(Council council)
    {
        var (errors, unfinished) = (new List<SettingsError>(), new List<string>());
        foreach (var backEnd in council.BackEnds.Values.OrderBy(b => b.Name, StringComparer.Ordinal))
        {
            using var lease = plugins.Lease(backEnd.Adapter);
            if (!lease.IsHeld)
            {
                Add(errors, $"$.backends.{backEnd.Name}.adapter", plugins.ReasonMissing(backEnd.Adapter));
                continue;
            }

            var result = Run(council, backEnd, lease.Generation);
            errors.AddRange(result.Errors);
            unfinished.AddRange(result.Unfinished);
        }

        return new CheckResult(errors, unfinished);
    }

    /// <summary>
    /// Returns the errors in the settings of a file's back ends if the file has other errors. Its examples are not run, because they depend on
    /// everything else in the file.
    /// </summary>
    public IEnumerable<SettingsError> SettingsErrors(ParsedCouncilFile parsed)
    {
        if (parsed is not { Council: null, Draft: { } draft })
            yield break;

        foreach (var backEnd in draft.BackEnds.Values.OrderBy(b => b.Name, StringComparer.Ordinal))
        {
            using var lease = plugins.Lease(backEnd.Adapter);
            if (!lease.IsHeld)
                continue;
            foreach (var error in SettingsErrors(backEnd, lease.Generation))
                yield return error;
        }
    }

    /// <summary>Returns the services of the back ends whose settings contain them.</summary>
    public Dictionary<string, IReadOnlyList<Service>> CataloguesInSettings(Council council)
    {
        var catalogues = new Dictionary<string, IReadOnlyList<Service>>(StringComparer.Ordinal);
        foreach (var backEnd in council.BackEnds.Values)
        {
            using var lease = plugins.Lease(backEnd.Adapter);
            if (lease is { IsHeld: true, Generation: { Descriptor.CatalogueInSettings: true } generation }
                && generation.Run(() => ServicesInSettings(generation.Create(contexts.For(backEnd, generation.Unloading)))).Value is { } services)
                catalogues[backEnd.Name] = services;
        }

        return catalogues;
    }

    /// <summary>Checks one back end with a generation that need not serve yet. Call it under a lease on this generation.</summary>
    /// <param name="council">The council.</param>
    /// <param name="backEnd">The back end.</param>
    /// <param name="generation">The generation.</param>
    /// <param name="patiently">Whether to wait as long as a busy machine may need.</param>
    public CheckResult Run(Council council, BackEnd backEnd, PluginGeneration generation, bool patiently = false)
    {
        var errors = new List<SettingsError>();
        // An adapter that hangs must not block the checking of council files.
        var work = generation.Run(
            () => RunExamples(
                council, backEnd, generation.Create(contexts.For(backEnd, generation.Unloading)), generation.Descriptor.CatalogueInSettings));
        try
        {
            errors.AddRange(patiently ? work.FinalValue : work.Value);
        }
        catch (TimeoutException) when (!work.IsDone)
        {
            return new CheckResult([], [backEnd.Name], work.IsOverProcessorTime);
        }
        catch (AdapterException e) when (e.Errors.Count > 0)
        {
            errors.AddRange(WithPath(backEnd, e));
        }
#pragma warning disable CA1031 // The plug-in boundary: the adapter's constructor and planner are code of the plug-in.
        catch (Exception e)
        {
            Add(errors, $"$.backends.{backEnd.Name}", $"the adapter failed: {e.GetType().Name}: {e.Message}");
        }
#pragma warning restore CA1031

        return new CheckResult(errors, []);
    }

    private IEnumerable<SettingsError> SettingsErrors(BackEnd backEnd, PluginGeneration generation)
    {
        try
        {
            _ = generation.Run(() => generation.Create(contexts.For(backEnd, generation.Unloading))).Value;
            return [];
        }
        catch (AdapterException e)
        {
            return WithPath(backEnd, e);
        }
#pragma warning disable CA1031 // The plug-in boundary. A failure of the adapter is reported when the file has no other errors.
        catch (Exception)
        {
            return [];
        }
#pragma warning restore CA1031
    }

    private static IReadOnlyList<Service>? ServicesInSettings(ICouncilAdapter adapter) =>
        adapter is IServiceCatalogue catalogue && catalogue.GetServicesAsync(CancellationToken.None) is { IsCompletedSuccessfully: true } read
            ? CatalogueStore.Copy(read.GetAwaiter().GetResult())
            : null;

    private static IEnumerable<SettingsError> WithPath(BackEnd backEnd, AdapterException e) =>
        e.Errors.Select(m => m with { Path = $"$.backends.{backEnd.Name}.settings{m.Path[1..]}" }).ToList();

    private static List<SettingsError> RunExamples(Council council, BackEnd backEnd, ICouncilAdapter adapter, bool catalogueInSettings)
    {
        var errors = new List<SettingsError>();
        var catalogues = new Dictionary<string, IReadOnlyList<Service>>();
        if (catalogueInSettings && ServicesInSettings(adapter) is { } own)
            catalogues[backEnd.Name] = own;
        var services = PublishedServicesBuilder.Build(council, catalogues, stale: false);
        for (var i = 0; i < council.Examples.Count; i++)
        {
            var example = council.Examples[i];
            var path = $"$.examples[{i}]";
            var published = services.Find(example.Report.Service);
            var owner = published?.Owner
                ?? council.BackEnds.Values.Where(b => example.Report.Service.StartsWith(b.Prefix, StringComparison.Ordinal)).MaxBy(b => b.Prefix.Length);
            if (owner is null || owner.Name != backEnd.Name)
                continue;

            var service = published?.Service ?? new Service { Code = example.Report.Service[owner.Prefix.Length..], Name = example.Report.Service };
            var request = ToRequest(example.Report, service);
            var plan = (adapter as IRequestPlanner)?.Plan(request);
            foreach (var (name, expected) in example.Expect)
                CheckExpectation(
                    $"{path}.expect.{name}", name, expected, owner, plan,
                    () => council.Copies.For(example.Report.Service, request, plan).Select(c => c.To.Name[(c.To.Name.IndexOf(':') + 1)..]), errors);
        }

        return errors;
    }

    private static void CheckExpectation(
        string path, string name, JsonElement expected, BackEnd owner, RequestPlan? plan, Func<IEnumerable<string>> copies, List<SettingsError> errors)
    {
        if (name == "copies" && expected.ValueKind == JsonValueKind.Array)
        {
            var (wanted, actual) = (string.Join(", ", expected.EnumerateArray().Select(e => e.ToString()).Order(StringComparer.Ordinal)),
                string.Join(", ", copies().Order(StringComparer.Ordinal)));
            if (wanted != actual)
                Add(errors, path, $"expected \"{wanted}\", but it is {(actual.Length == 0 ? "none" : $"\"{actual}\"")}");
            return;
        }

        var isPlan = name.StartsWith("plan.", StringComparison.Ordinal);
        if (name != "owner" && !isPlan)
            Add(errors, path, name == "copies" ? "must be a list of addresses" : "is not known; known expectations: owner, plan.<fact>, copies");
        else if ((isPlan ? plan?.Facts.GetValueOrDefault(name[5..]) : owner.Name) is var found
            && found != (expected.ValueKind == JsonValueKind.String ? expected.GetString() : null))
            Add(errors, path, $"expected \"{expected}\", but it is {(found is null ? "not set" : $"\"{found}\"")}");
    }

    private static ServiceRequest ToRequest(ExampleReportFile report, Service service) => new()
    {
        Id = "PG0000000000000",
        Service = service,
        Description = report.Description,
        Location = new ReportLocation { Latitude = report.Lat, Longitude = report.Long },
        Answers = [.. report.Attributes.Select(a => new ReportAnswer { Code = a.Key, Values = [a.Value] })],
        ReceivedAt = report.Received ?? DateTimeOffset.UnixEpoch,
    };

    private static void Add(List<SettingsError> errors, string path, string message) =>
        errors.Add(new SettingsError { Path = path, Message = message });
}
