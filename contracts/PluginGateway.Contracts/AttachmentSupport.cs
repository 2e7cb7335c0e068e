namespace PluginGateway.Contracts;

/// <summary>How a back end accepts pictures and other files.</summary>
public enum AttachmentSupport
{
    /// <summary>It accepts no files.</summary>
    None,

    /// <summary>It accepts links to files.</summary>
    Link,

    /// <summary>It accepts the content of files.</summary>
    Bytes,
}
