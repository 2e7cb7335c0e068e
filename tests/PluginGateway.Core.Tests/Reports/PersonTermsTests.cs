using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Tests.Reports;

public sealed class PersonTermsTests
{
    [Theory]
    [InlineData(" Ann.Smith@Example.org ", "ann.smith@example.org")]
    [InlineData("07700 900123", "07700900123")]
    [InlineData("+44 7700 900123", "07700900123")]
    [InlineData("+44 (0)7700 900-123", "07700900123")]
    [InlineData("0044 7700 900123", "07700900123")]
    [InlineData("(0161) 496 0000", "01614960000")]
    [InlineData("+33 1 23 45 67 89", "33123456789")]
    [InlineData("12345", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Addresses_and_numbers_have_one_form(string? text, string? expected) => Assert.Equal(expected, PersonTerms.Normal(text));
}
