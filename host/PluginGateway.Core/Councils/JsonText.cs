using System.Text.Json;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Checks that the texts in JSON that a person wrote can be decoded. The parser accepts bytes that are not UTF-8, as an editor with another encoding saves
/// them, and halves of surrogate pairs; reading such a text later fails.
/// </summary>
internal static class JsonText
{
    /// <summary>Returns what is wrong with a text in valid JSON; null if all can be decoded.</summary>
    public static string? FindProblem(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
                continue;

            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return $"contains a text in line {json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1} that is not valid UTF-8; save the file in UTF-8";
            }
        }

        return null;
    }
}
