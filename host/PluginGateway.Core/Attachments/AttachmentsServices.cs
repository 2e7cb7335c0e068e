namespace PluginGateway.Core.Attachments;

internal static class AttachmentsServices
{
    public static IServiceCollection AddAttachments(this IServiceCollection services) => services.AddSingleton<AttachmentStore>();
}
