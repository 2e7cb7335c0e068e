using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Tells clients of a report what the gateway itself learned about it.</summary>
internal interface IUpdatePublisher
{
    /// <summary>Adds an update within the caller's transaction; the same id again is the same update.</summary>
    Task PublishAsync(DbSession db, string council, long reportId, string publicId, CouncilUpdate update, long now);
}
