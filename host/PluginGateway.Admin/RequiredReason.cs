using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin;

/// <summary>The refusal of an action on a report or account without the reason that such actions require.</summary>
internal static class RequiredReason
{
    public static ActionOutcome Missing { get; } = ActionOutcome.No("Enter a reason. It is recorded in the audit log.");
}
