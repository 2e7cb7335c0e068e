namespace PluginGateway.Testing;

/// <summary>Settings for tests that call the gateway more often than a client does. The calls are counted all the same.</summary>
internal static class TestLimits
{
    public static readonly IReadOnlyList<string> High =
    [
        "--Limits:ReadsPerKey=10000000", "--Limits:PostsPerKey=10000000", "--Limits:CallsPerAddress=10000000", "--Limits:ServiceCallsPerAddress=10000000",
        "--Limits:ConnectionsPerAddress=10000", "--Limits:SignInsPerAddress=10000000", "--Limits:WaitingPerCouncil=10000000",
    ];
}
