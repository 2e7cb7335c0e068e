using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>A time on a page: short, in a council's time zone, with the exact UTC time as its title.</summary>
internal sealed class Timestamp(long ms, TimeZoneInfo zone, long now) : IHtmlContent
{
    /// <summary>The exact time, in UTC.</summary>
    public string Utc => string.Create(CultureInfo.InvariantCulture, $"{UnixTime.At(ms).UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");

    /// <summary>The time without seconds, for sentences.</summary>
    public string ToMinutes() => Format("HH:mm");

    public override string ToString() => Format("HH:mm:ss");

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

    private string Format(string today)
    {
        var (at, current) = (TimeZoneInfo.ConvertTime(UnixTime.At(ms), zone), TimeZoneInfo.ConvertTime(UnixTime.At(now), zone));
        return at.ToString(at.Date == current.Date ? today : at.Year == current.Year ? "d MMM HH:mm" : "d MMM yyyy HH:mm", CultureInfo.InvariantCulture);
    }
}
