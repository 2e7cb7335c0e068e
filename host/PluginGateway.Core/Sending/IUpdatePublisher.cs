using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Publishes the gateway's own updates about a report to clients.</summary>
internal interface IUpdatePublisher
{
    /// <summary>Adds an update within the caller's transaction. An update with the same id is added only once.</summary>
    Task PublishAsync(DbSession db, string council, long reportId, string publicId, CouncilUpdate update, long now);
}
