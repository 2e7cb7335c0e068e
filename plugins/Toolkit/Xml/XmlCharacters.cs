using System.Text;
using System.Xml;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>Prepares text for XML.</summary>
public static class XmlCharacters
{
    /// <summary>
    /// Removes the characters that XML 1.0 cannot represent, not even as character references. Reporters paste such characters into their texts.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text without these characters.</returns>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                clean.Append(text[i]).Append(text[++i]);
            else if (XmlConvert.IsXmlChar(text[i]))
                clean.Append(text[i]);
        }

        return clean.ToString();
    }
}
