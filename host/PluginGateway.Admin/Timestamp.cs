using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>A moment on a page: short, in a council's zone, with the exact UTC at hand.</summary>
internal sealed class Timestamp(long ms, TimeZoneInfo zone, long now) : IHtmlContent
{
    /// <summary>Exactly, in UTC, where there is room for it.</summary>
    public string Utc => string.Create(CultureInfo.InvariantCulture, $"{UnixTime.At(ms).UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");

    public override string ToString()
    {
        var (at, today) = (TimeZoneInfo.ConvertTime(UnixTime.At(ms), zone), TimeZoneInfo.ConvertTime(UnixTime.At(now), zone));
        return at.ToString(at.Date == today.Date ? "HH:mm:ss" : at.Year == today.Year ? "d MMM HH:mm" : "d MMM yyyy HH:mm", CultureInfo.InvariantCulture);
    }

    public void WriteTo(TextWriter writer, HtmlEncoder encoder)
    {
        if (ms == 0)
        {
            writer.Write("never");
            return;
        }

        var utc = UnixTime.At(ms).UtcDateTime;
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"<time datetime=\"{utc:yyyy-MM-ddTHH:mm:ss.fff}Z\" title=\"{Utc}\">{ToString()}</time>"));
    }
}
