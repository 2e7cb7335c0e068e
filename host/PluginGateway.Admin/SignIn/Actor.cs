using System.Globalization;
using System.Security.Claims;

namespace PluginGateway.Admin.SignIn;

/// <summary>What an account may do; each may do what those before it may. The numbers are in the database.</summary>
internal enum Role
{
    /// <summary>Nobody is signed in.</summary>
    None = 0,

    /// <summary>Looks.</summary>
    Viewer = 1,

    /// <summary>Sends, pauses, edits. May be for some councils only.</summary>
    Operator = 2,

    /// <summary>Also accounts, keys and plug-ins.</summary>
    Admin = 3,
}

/// <summary>Those of them that statements name, as the text of a statement has them.</summary>
internal static class Roles
{
    public const string Admin = "3";
}

/// <summary>Who is signed in.</summary>
internal sealed record Actor
{
    private const string IdClaim = "sub";
    private const string CouncilClaim = "council";

    public required long AccountId { get; init; }

    public required string Name { get; init; }

    public required Role Role { get; init; }

    /// <summary>The councils that the account is for; empty for all.</summary>
    public required IReadOnlyList<string> Councils { get; init; }

    public bool SeesAll => Councils.Count == 0;

    public static Actor Of(Account account) => new() { AccountId = account.Id, Name = account.Name, Role = account.Role, Councils = account.Councils };

    /// <summary>Who a call's user is; null when nobody is signed in.</summary>
    public static Actor? Of(ClaimsPrincipal user) => user.FindFirstValue(IdClaim) is not { } id ? null : new Actor
    {
        AccountId = long.Parse(id, CultureInfo.InvariantCulture),
        Name = user.FindFirstValue(ClaimTypes.Name)!,
        Role = Enum.Parse<Role>(user.FindFirstValue(ClaimTypes.Role)!),
        Councils = [.. user.FindAll(CouncilClaim).Select(c => c.Value)],
    };

    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity(
            [new(IdClaim, AccountId.ToString(CultureInfo.InvariantCulture)), new(ClaimTypes.Name, Name), new(ClaimTypes.Role, Role.ToString())],
            SignInCookie.Scheme);
        identity.AddClaims(Councils.Select(c => new Claim(CouncilClaim, c)));
        return new ClaimsPrincipal(identity);
    }

    public bool May(Role role) => Role >= role;

    public bool Sees(string council) => SeesAll || Councils.Contains(council, StringComparer.Ordinal);
}
