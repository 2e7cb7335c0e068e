using System.Text;
using MailKit;

namespace PluginGateway.Core.Email;

/// <summary>
/// Records the server's last reply. After a refusal the library sends RSET. If the server has already closed the connection, the library reports the
/// broken connection instead of the refusal.
/// </summary>
internal sealed class LastReply : IProtocolLogger
{
    /// <summary>The status code of the last reply; 0 before the first reply.</summary>
    public int Status { get; private set; }

    /// <summary>The text of the last reply.</summary>
    public string Text { get; private set; } = "";

    public IAuthenticationSecretDetector? AuthenticationSecretDetector { get; set; }

    public void LogConnect(Uri uri)
    {
    }

    public void LogClient(byte[] buffer, int offset, int count)
    {
    }

    public void LogServer(byte[] buffer, int offset, int count)
    {
        var line = Encoding.UTF8.GetString(buffer, offset, count).TrimEnd().Split('\n')[^1].Trim();
        if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), out var status))
            return;

        (Status, Text) = (status, line[3..].TrimStart(' ', '-'));
    }

    public void Dispose()
    {
    }
}
