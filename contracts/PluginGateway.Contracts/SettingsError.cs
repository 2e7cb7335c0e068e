namespace PluginGateway.Contracts;

/// <summary>An error in a settings or council file, described for the person who edits the file.</summary>
public sealed record SettingsError
{
    /// <summary>The location of the error, as a JSON path from the object that was read: <c>$.services.potholes.to</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What is wrong and what would be valid. Does not contain the value itself if that could be a secret.</summary>
    public required string Message { get; init; }

    /// <summary>Returns the path and the message on one line.</summary>
    /// <returns><c>$.path: message</c>.</returns>
    public override string ToString() => $"{Path}: {Message}";
}
