using System.Globalization;
using System.Reflection;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>Tests that the numbers used in SQL statements match the enumerations.</summary>
public sealed class NamedNumbersTests
{
    public static TheoryData<Type, Type> Pairs => new()
    {
        { typeof(States), typeof(DeliveryState) },
        { typeof(Kinds), typeof(DeliveryKind) },
        { typeof(Holds), typeof(DeliveryHold) },
        { typeof(SuspensionKinds), typeof(SuspensionKind) },
        { typeof(DocumentStates), typeof(DocumentState) },
        { typeof(BulkItemStates), typeof(BulkItemState) },
        { typeof(AliasKinds), typeof(AliasKind) },
        { typeof(Roles), typeof(Role) },
    };

    [Theory]
    [MemberData(nameof(Pairs), DisableDiscoveryEnumeration = true)]
    public void Every_constant_matches_its_enumeration_member(Type names, Type enumeration)
    {
        var fields = names.GetFields(BindingFlags.Static | BindingFlags.Public);

        Assert.NotEmpty(fields);
        Assert.All(fields, f =>
            Assert.Equal(
                Convert.ToInt32(Enum.Parse(enumeration, f.Name), CultureInfo.InvariantCulture),
                int.Parse((string)f.GetRawConstantValue()!, CultureInfo.InvariantCulture)));
    }
}
