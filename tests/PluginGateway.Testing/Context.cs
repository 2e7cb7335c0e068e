using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Testing;

/// <summary>Creates contexts for tests that use an adapter without the gateway.</summary>
internal static class Context
{
    public static AdapterContext With(string settings, HttpClient? http = null, TimeProvider? time = null) => new()
    {
        Council = "test",
        CouncilName = "Test Council",
        BackEnd = "backend",
        Settings = JsonElement.Parse(settings),
        Http = http ?? new HttpClient(),
        Logger = NullLogger.Instance,
        Time = time ?? TimeProvider.System,
        TimeZone = TimeZoneInfo.Utc,
        State = new TestState(),
        Attachments = new TestAttachments(),
    };
}
