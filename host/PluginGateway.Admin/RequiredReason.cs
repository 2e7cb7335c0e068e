using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin;

/// <summary>What is done to reports and accounts has a reason, which stays in the audit log.</summary>
internal static class RequiredReason
{
    public static ActionOutcome Missing { get; } = ActionOutcome.No("Say why: the audit log keeps it.");
}
