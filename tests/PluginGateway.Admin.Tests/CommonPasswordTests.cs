using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests which passwords are easy to guess.</summary>
public sealed class CommonPasswordTests
{
    [Theory]
    [InlineData("password1234")]
    [InlineData("Password2026!")]
    [InlineData("P@ssw0rd2026")]
    [InlineData("Passwort!!!!!123")]
    [InlineData("summer-2026-!!")]
    [InlineData("Liverpool1892")]
    [InlineData("liverpoolliverpool")]
    [InlineData("letmein letmein")]
    [InlineData("council2026!!")]
    [InlineData("qwertyuiop12")]
    [InlineData("qwertz123456")]
    [InlineData("asdfghjkl;'#")]
    [InlineData("123456789012")]
    [InlineData("abcdefghijkl")]
    [InlineData("987654321abc")]
    [InlineData("aaaabbbbccccddddeeee")]
    [InlineData("1q2w3e4r5t6y")]
    [InlineData("ann-smith-2026")]
    [InlineData("SmithSmith99!!")]
    [InlineData("Ann-Gateway-1")]
    [InlineData("PluginGateway")]
    [InlineData("plugingateway2026")]
    [InlineData("5un5h1ne5un5h1ne")]
    public void Easy_password_is_refused(string password) => Assert.Contains("easy to guess", Passwords.FindProblem(password, "ann.smith"));

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("penguin teapot library")]
    [InlineData("x8#Kq2!vTz9w")]
    [InlineData("739104826153")]
    [InlineData("Kr4nichfl0g")]
    [InlineData("my cat was called Bertram")]
    [InlineData("Überraschungsgäste")]
    [InlineData("これはとても長いパスワードです")]
    public void Other_password_is_accepted(string password) =>
        Assert.Null(Passwords.FindProblem(password.PadRight(Passwords.MinLength, '.'), "ann.smith"));

    [Fact]
    public void There_are_three_thousand_words() => Assert.InRange(CommonPasswords.Count, 3_000, 5_000);
}
