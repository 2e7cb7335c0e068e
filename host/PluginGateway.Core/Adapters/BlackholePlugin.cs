using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>The built-in adapter <c>blackhole</c>: takes everything and sends nothing. For trials, and for a council that is being set up.</summary>
internal sealed class BlackholePlugin : AdapterPlugin<NoSettings>
{
    public const string Name = "blackhole";

    protected override JsonTypeInfo<NoSettings> SettingsType => BuiltInJson.Default.NoSettings;

    public override AdapterDescriptor Describe() =>
        new() { Title = "Nowhere", Idempotency = IdempotencySupport.Reports | IdempotencySupport.Updates, AnyService = true };

    protected override ICouncilAdapter Create(NoSettings settings, AdapterContext context) => new Blackhole();

    private sealed class Blackhole : IRequestSender, IUpdateSender
    {
        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) =>
            Task.FromResult(new Submission { ResponseExcerpt = "not sent anywhere" });

        public Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken ct) =>
            Task.FromResult(new UpdateSubmission { SkippedReason = "not sent anywhere" });
    }
}

/// <summary>The built-in adapter <c>refuse</c>: says no to every report, with words of the council's choice.</summary>
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
    /// <summary>The reason that clients are given.</summary>
    public string Message { get; set; } = "The council does not take this report.";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NoSettings))]
[JsonSerializable(typeof(RefuseSettings))]
internal sealed partial class BuiltInJson : JsonSerializerContext;
