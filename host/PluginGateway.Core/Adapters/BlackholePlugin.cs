using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>The built-in adapter <c>blackhole</c>: accepts everything and sends nothing, for trials and for councils that are being set up.</summary>
internal sealed class BlackholePlugin : AdapterPlugin<NoSettings>
{
    public const string Name = "blackhole";

    protected override JsonTypeInfo<NoSettings> SettingsType => BuiltInJson.Default.NoSettings;

    public override AdapterDescriptor Describe() =>
        new() { Title = "Discard everything", Idempotency = IdempotencySupport.Reports | IdempotencySupport.Updates, AnyService = true };

    protected override ICouncilAdapter Create(NoSettings settings, AdapterContext context) => new Blackhole();

    private sealed class Blackhole : IRequestSender, IUpdateSender
    {
        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) =>
            Task.FromResult(new Submission { ResponseExcerpt = "not sent anywhere" });

        public Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken ct) =>
            Task.FromResult(new UpdateSubmission { SkippedReason = "not sent anywhere" });
    }
}

/// <summary>The built-in adapter <c>refuse</c>: rejects every report with a message from the settings.</summary>
internal sealed class RefusePlugin : AdapterPlugin<RefuseSettings>
{
    public const string Name = "refuse";

    protected override JsonTypeInfo<RefuseSettings> SettingsType => BuiltInJson.Default.RefuseSettings;

    public override AdapterDescriptor Describe() =>
        new() { Title = "Refuse everything", Idempotency = IdempotencySupport.Reports | IdempotencySupport.Updates, AnyService = true };

    protected override ICouncilAdapter Create(RefuseSettings settings, AdapterContext context) => new Refusal(settings.Message);

    private sealed class Refusal(string message) : IRequestSender
    {
        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) =>
            Task.FromException<Submission>(AdapterException.Rejected(message));
    }
}

internal sealed class NoSettings;

internal sealed class RefuseSettings
{
    /// <summary>The message to clients.</summary>
    public string Message { get; set; } = "The council does not accept this report.";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NoSettings))]
[JsonSerializable(typeof(RefuseSettings))]
internal sealed partial class BuiltInJson : JsonSerializerContext;
