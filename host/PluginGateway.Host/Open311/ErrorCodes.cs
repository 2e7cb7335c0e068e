namespace PluginGateway.Host.Open311;

/// <summary>
/// Error codes that are more specific than an HTTP status. Clients whose profile asks for codes receive them instead of the status. Programs
/// depend on these numbers, so the meaning of a code must never change. The code of every other error is its HTTP status times 100.
/// </summary>
internal static class ErrorCodes
{
    public const int ArgumentMissing = 40010;
    public const int AttributeMissing = 40011;
    public const int AttributeWrong = 40012;
    public const int LocationWrong = 40013;
    public const int ArgumentWrong = 40014;
    public const int BodyWrong = 40015;

    /// <summary>The council's system refused the report.</summary>
    public const int Refused = 40020;
    public const int KeyWrong = 40301;
    public const int HttpsOnly = 40302;
    public const int NoSuchAddress = 40401;
    public const int NoSuchJurisdiction = 40402;
    public const int NoSuchService = 40403;
    public const int NoSuchRequest = 40404;
    public const int NoSuchToken = 40405;

    /// <summary>An <c>Idempotency-Key</c> was sent again with a different report.</summary>
    public const int KeyReused = 40901;
    public const int ChangedTooOften = 40902;

    public static int Of(int status) => status * 100;
}
