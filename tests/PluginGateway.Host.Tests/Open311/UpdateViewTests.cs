using System.Buffers;
using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Updates;
using PluginGateway.Host.Open311;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Open311;

public sealed class UpdateViewTests
{
    [Fact]
    public void Extras_are_an_object_without_values_that_create_staff_accounts()
    {
        var update = Update(("group", "Roads"), ("category", "Trees & hedges"), ("assigned_user_email", "x@example.org"), ("empty", ""));

        Assert.Contains(
            "<extras><category>Trees &amp; hedges</category><group>Roads</group></extras>", Write(update, xml: true), StringComparison.Ordinal);
        Assert.Contains("\"extras\":{\"category\":\"Trees & hedges\",\"group\":\"Roads\"}", Write(update, xml: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Extras_without_values_are_omitted()
    {
        Assert.DoesNotContain("extras", Write(Update(), xml: true), StringComparison.Ordinal);
        Assert.DoesNotContain("extras", Write(Update(("assigned_user_name", "Ann")), xml: false), StringComparison.Ordinal);
    }

    private static CouncilUpdate Update(params (string Name, string Value)[] extras) => new()
    {
        UpdateId = "U1",
        BackEndId = "CASE-1",
        Status = "fixed",
        OccurredAt = Some.Time,
        Extras = extras.ToDictionary(e => e.Name, e => e.Value, StringComparer.Ordinal),
    };

    private static string Write(CouncilUpdate update, bool xml)
    {
        var output = new ArrayBufferWriter<byte>();
        ResponseWriter writer = xml ? new XmlResponseWriter(output) : new JsonResponseWriter(output, nulls: false);
        writer.StartList("service_request_updates", "request_update");
        writer.StartItem();
        UpdateView.Write(writer, new ServedUpdate { ReportId = "CASE-1", Time = Some.Time, Update = update });
        writer.EndItem();
        writer.EndList();
        writer.Complete();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
