namespace PluginGateway.Contracts;

/// <summary>How a back end accepts pictures and other files.</summary>
public enum AttachmentSupport
{
    /// <summary>It accepts none.</summary>
    None,

    /// <summary>As links.</summary>
    Link,

    /// <summary>As file content.</summary>
    Bytes,
}
