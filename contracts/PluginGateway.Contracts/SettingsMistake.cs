namespace PluginGateway.Contracts;

/// <summary>One thing that is wrong in a settings or council file, in words for the person who edits it.</summary>
public sealed record SettingsMistake
{
    /// <summary>Where it is, as a JSON path from the object that was read: <c>$.services.potholes.to</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What is wrong and what would be right. Never contains the value itself when that could be a secret.</summary>
    public required string Message { get; init; }

    /// <summary>Path and message on one line.</summary>
    /// <returns><c>$.path: message</c>.</returns>
    public override string ToString() => $"{Path}: {Message}";
}
