using System.Net;
using System.Text;
using System.Xml.Linq;
using Microsoft.Extensions.Time.Testing;
using Symology.Simulator;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>
/// Tests that the simulator rejects calls that the real system would reject: stored calls are corrupted in every position, and none may be
/// processed.
/// </summary>
public sealed class SimulatorTests
{
    private static readonly XNamespace Tns = "http://www.symology.co.uk/services";
    private static readonly XNamespace Xsi = "http://www.w3.org/2001/XMLSchema-instance";

    private static readonly (string Name, Func<XElement, bool> Corrupt)[] Corruptions =
    [
        ("removed", e => { e.Remove(); return true; }),
        ("duplicated", e => { e.AddAfterSelf(e); return true; }),
        ("swapped", e =>
        {
            if (e.NextNode is not XElement next || next.Name == e.Name)
                return false;
            next.Remove();
            e.AddBeforeSelf(next);
            return true;
        }),
        ("with another type", e =>
        {
            if (e.Attribute(Xsi + "type") is not { } type)
                return false;
            type.Value = "xsd:int";
            return true;
        }),
        ("without a type", e =>
        {
            if (e.Attribute(Xsi + "type") is not { } type)
                return false;
            type.Remove();
            return true;
        }),
        ("with an undeclared prefix", e =>
        {
            if (e.Attribute(Xsi + "type") is not { } type)
                return false;
            type.Value = "s" + type.Value;
            return true;
        }),
        ("in another namespace", e => { e.Name = XName.Get(e.Name.LocalName, "urn:other"); return true; }),
        ("nil with content", e =>
        {
            if (e.Attribute(Xsi + "nil") is null)
                return false;
            e.Value = "x";
            return true;
        }),
    ];

    [Theory]
    [InlineData("create-photos")]
    [InlineData("create-plain")]
    [InlineData("create-pothole-p1")]
    [InlineData("update-closed")]
    [InlineData("update-lamp-fixed-without-login")]
    public void Corrupted_calls_are_rejected(string golden)
    {
        var stored = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"{golden}.txt"));
        var body = stored[(stored.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        var action = stored.Split('\n')[2]["SOAPAction: ".Length..];
        Assert.Equal((HttpStatusCode.OK, 1), Send(body, action));

        var count = Operation(XDocument.Parse(body)).DescendantsAndSelf().Count();
        var corrupted = 0;
        for (var i = 0; i < count; i++)
            foreach (var (name, corrupt) in Corruptions)
            {
                var document = XDocument.Parse(body);
                var element = Operation(document).DescendantsAndSelf().ElementAt(i);
                var description = $"{element.Name.LocalName} {name}";
                // Adding or removing an additional field, or removing an optional one, makes another valid call.
                if ((element.Name == Tns + "AdditionalFieldSend" && name is "removed" or "duplicated")
                    || (element.Name.LocalName is "NSGRef" or "UnitID" && name == "removed") || !corrupt(element))
                    continue;

                var (status, done) = Send(document.ToString(SaveOptions.DisableFormatting), action);
                Assert.True(status == HttpStatusCode.InternalServerError && done == 0, description);
                corrupted++;
            }

        Assert.InRange(corrupted, 40, 1_000);
    }

    private static XElement Operation(XDocument document) => document.Root!.Elements().Single().Elements().Single();

    /// <summary>Sends a call and returns the status and the number of cases or events afterwards.</summary>
    private static (HttpStatusCode Status, int Done) Send(string body, string action)
    {
        var service = new SymologyService(new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero)))
        {
            Login = action.Contains("Authenticated", StringComparison.Ordinal) ? ("gateway", "secret") : null,
        };
        var isUpdate = action.Contains("SendEventAction", StringComparison.Ordinal);
        if (isUpdate)
            Seed(service, XDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "create-plain.txt")).Split("\n\n", 2)[1]), body);
        var answer = service.Answer("text/xml; charset=utf-8", action, Encoding.UTF8.GetBytes(body))!.Value;
        return (answer.Status, isUpdate ? service.Cases.Sum(c => c.Events.Count) : service.Cases.Count);
    }

    /// <summary>Creates the case that an update belongs to, with its service code and log-in.</summary>
    private static void Seed(SymologyService service, XDocument create, string update)
    {
        var operation = Operation(create);
        operation.Descendants(Tns + "ServiceCode").Single().Value = update.Contains(">SLC<", StringComparison.Ordinal) ? "SLC" : "HWY";
        if (service.Login is not null)
        {
            operation.Name = Tns + "SendRequestAdditionalGroupAuthenticated";
            operation.AddFirst(
                new XElement(Tns + "Username", new XAttribute(Xsi + "type", "xsd:string"), "gateway"),
                new XElement(Tns + "Password", new XAttribute(Xsi + "type", "xsd:string"), "secret"));
        }

        var created = service.Answer(
            "text/xml; charset=utf-8", $"\"{Tns.NamespaceName}/{operation.Name.LocalName}\"",
            Encoding.UTF8.GetBytes(create.ToString(SaveOptions.DisableFormatting)));
        Assert.Equal(HttpStatusCode.OK, created!.Value.Status);
        Assert.Single(service.Cases);
    }
}
