namespace PluginGateway.Contracts;

/// <summary>Which repeated calls a back end recognises and answers without creating a duplicate.</summary>
[Flags]
public enum IdempotencySupport
{
    /// <summary>None: a call that may have reached the back end is not repeated before its outcome is known.</summary>
    None = 0,

    /// <summary>Reports that contain the same reference.</summary>
    Reports = 1,

    /// <summary>Updates that contain the same id.</summary>
    Updates = 2,
}
