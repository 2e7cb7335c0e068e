using Microsoft.Extensions.Options;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Options of the identity provider through which operators can sign in. The client's secret is the secret <c>OPENID_CLIENT_SECRET</c>
/// (environment variable <c>GATEWAY_SECRET_OPENID_CLIENT_SECRET</c> or a file in the secrets folder).
/// </summary>
internal sealed class OpenIdOptions
{
    public const string Section = $"{AdminOptions.Section}:OpenIdConnect";

    /// <summary>The name of the client's secret.</summary>
    public const string SecretName = "OPENID_CLIENT_SECRET";

    /// <summary>The address of the identity provider, which publishes its configuration below it. Empty: nobody can sign in through one.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The gateway's client id at the identity provider.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>What the sign-in page calls the identity provider.</summary>
    public string Title { get; set; } = "OpenID Connect";

    /// <summary>The claim that contains the account's name.</summary>
    public string NameClaim { get; set; } = "preferred_username";

    /// <summary>The scopes to request besides <c>openid</c> and <c>profile</c>, for example for group claims.</summary>
    public IList<string> Scopes { get; } = [];

    /// <summary>Which claims give which permissions. The first grant that matches applies; without a match, nobody is signed in.</summary>
    public IList<OpenIdGrant> Grants { get; } = [];

    public bool IsOn => Authority.Length > 0;
}

/// <summary>The permissions of accounts that have a claim.</summary>
internal sealed class OpenIdGrant
{
    /// <summary>The type of the claim: <c>groups</c>.</summary>
    public string Claim { get; set; } = "";

    /// <summary>The value of the claim.</summary>
    public string Value { get; set; } = "";

    public Role Role { get; set; }

    /// <summary>The councils by their jurisdiction_id; empty for all.</summary>
    public IList<string> Councils { get; } = [];

    public Rights Rights => new(Role, [.. Councils]);
}

internal sealed class OpenIdOptionsValidator : IValidateOptions<AdminOptions>
{
    public ValidateOptionsResult Validate(string? name, AdminOptions options) =>
        FindProblem(options.OpenIdConnect) is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;

    private static string? FindProblem(OpenIdOptions options)
    {
        if (!options.IsOn)
            return null;
        if (!Uri.TryCreate(options.Authority, UriKind.Absolute, out var authority)
            || (authority.Scheme != Uri.UriSchemeHttps && !(authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            return $"{OpenIdOptions.Section}:Authority must be an https address.";
        if (options.ClientId.Length == 0)
            return $"{OpenIdOptions.Section}:ClientId is missing.";
        if (options.Grants.Count == 0)
            return $"{OpenIdOptions.Section}:Grants is empty, so nobody could sign in.";
        if (options.Grants.Any(g => g.Claim.Length == 0 || g.Value.Length == 0))
            return $"Every entry of {OpenIdOptions.Section}:Grants needs a Claim and a Value.";
        return options.Grants.Select(g => g.Rights.FindProblem()).FirstOrDefault(p => p is not null) is { } problem
            ? $"{OpenIdOptions.Section}:Grants: {problem}"
            : null;
    }
}
