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

/// <summary>The same, as the text of a statement has them.</summary>
internal static class Roles
{
    public const string Admin = "3";
}

/// <summary>Who is signed in.</summary>
internal sealed record Actor
{
    public required long AccountId { get; init; }

    public required string Name { get; init; }

    public required Role Role { get; init; }

    /// <summary>The councils that the account is for; empty for all.</summary>
    public required IReadOnlyList<string> Councils { get; init; }

    public bool SeesAll => Councils.Count == 0;

    public bool May(Role role) => Role >= role;

    public bool Sees(string council) => SeesAll || Councils.Contains(council, StringComparer.Ordinal);
}
