using System.Globalization;
using System.Security.Claims;

namespace PluginGateway.Admin.SignIn;

/// <summary>The role of an account; each includes the ones before it. The numbers are stored in the database.</summary>
internal enum Role
{
    /// <summary>Nobody is signed in.</summary>
    None = 0,

    /// <summary>Views pages.</summary>
    Viewer = 1,

    /// <summary>Sends, pauses and edits. Can be limited to some councils.</summary>
    Operator = 2,

    /// <summary>Manages accounts, keys and plug-ins too.</summary>
    Admin = 3,
}

/// <summary>Roles as literals for SQL statements.</summary>
internal static class Roles
{
    public const string Admin = "3";
}

/// <summary>The account that is signed in.</summary>
internal sealed record Actor
{
    private const string IdClaim = "sub";
    private const string CouncilClaim = "council";
    private const string SecondFactorClaim = "second-factor";

    public required long AccountId { get; init; }

    public required string Name { get; init; }

    public required Role Role { get; init; }

    /// <summary>The councils that the account may see; empty for all.</summary>
    public required IReadOnlyList<string> Councils { get; init; }

    /// <summary>Whether the account has a second factor, or signs in through the identity provider, which is responsible for its second factor.</summary>
    public required bool HasSecondFactor { get; init; }

    public bool SeesAll => Councils.Count == 0;

    public static Actor Of(Account account) => new()
    {
        AccountId = account.Id,
        Name = account.Name,
        Role = account.Role,
        Councils = account.Councils,
        HasSecondFactor = account.HasSecondFactor || account.IsExternal,
    };

    /// <summary>Returns the account of a request's user; null if nobody is signed in.</summary>
    public static Actor? Of(ClaimsPrincipal user) => user.FindFirstValue(IdClaim) is not { } id ? null : new Actor
    {
        AccountId = long.Parse(id, CultureInfo.InvariantCulture),
        Name = user.FindFirstValue(ClaimTypes.Name)!,
        Role = Enum.Parse<Role>(user.FindFirstValue(ClaimTypes.Role)!),
        Councils = [.. user.FindAll(CouncilClaim).Select(c => c.Value)],
        HasSecondFactor = user.HasClaim(SecondFactorClaim, SecondFactorClaim),
    };

    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity(
            [new(IdClaim, AccountId.ToString(CultureInfo.InvariantCulture)), new(ClaimTypes.Name, Name), new(ClaimTypes.Role, Role.ToString())],
            SignInCookie.Scheme);
        if (HasSecondFactor)
            identity.AddClaim(new Claim(SecondFactorClaim, SecondFactorClaim));
        identity.AddClaims(Councils.Select(c => new Claim(CouncilClaim, c)));
        return new ClaimsPrincipal(identity);
    }

    public bool May(Role role) => Role >= role;

    public bool Sees(string council) => SeesAll || Councils.Contains(council, StringComparer.Ordinal);
}
