using PluginGateway.Adapters.Toolkit.Text;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class SpreadsheetNumberTests
{
    [Theory]
    [InlineData("560250", "560250")]
    [InlineData(" 00560250 ", "00560250")]
    [InlineData("560250.0", "560250")]
    [InlineData("560250.00", "560250")]
    [InlineData("560,252", "560252")]
    [InlineData("1,560,252", "1560252")]
    [InlineData("=\"560253\"", "560253")]
    [InlineData("=\"00560253\"", "00560253")]
    [InlineData("'00560253", "00560253")]
    [InlineData("5.60250E+05", "560250")]
    [InlineData("5.6025e5", null)]
    [InlineData("5.6E+05", null)]
    [InlineData("1E+15", null)]
    [InlineData("A-12", "A-12")]
    [InlineData("56,0252", "56,0252")]
    [InlineData("560250.5", "560250.5")]
    [InlineData("", "")]
    public void Formatted_numbers_are_read_when_no_digit_is_lost(string text, string? number) => Assert.Equal(number, SpreadsheetNumber.Read(text));
}
