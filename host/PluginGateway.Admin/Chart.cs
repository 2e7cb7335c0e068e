using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace PluginGateway.Admin;

/// <summary>A small bar chart of the last hours: sent deliveries, and failed attempts stacked above them.</summary>
internal sealed class Chart(IReadOnlyList<(long Sent, long Failed)> hours, string title) : IHtmlContent
{
    private const int Height = 36;

    public void WriteTo(TextWriter writer, HtmlEncoder encoder)
    {
        var max = Math.Max(1, hours.Max(h => h.Sent + h.Failed));
        var text = new StringBuilder();
        var label = string.Create(
            CultureInfo.InvariantCulture,
            $"{title}: {hours.Sum(h => h.Sent):N0} sent, {hours.Sum(h => h.Failed):N0} failed attempts, at most {hours.Max(h => h.Sent):N0} sent in one hour");
        text.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {hours.Count * 4} {Height}\" preserveAspectRatio=\"none\" "
            + $"role=\"img\" aria-label=\"{encoder.Encode(label)}\">");
        for (var i = 0; i < hours.Count; i++)
        {
            var sent = Math.Ceiling(hours[i].Sent * (double)Height / max);
            var failed = Math.Ceiling(hours[i].Failed * (double)Height / max);
            if (sent > 0)
                text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{i * 4}\" y=\"{Height - sent}\" width=\"3\" height=\"{sent}\"/>");
            if (failed > 0)
                text.Append(CultureInfo.InvariantCulture, $"<rect class=\"error\" x=\"{i * 4}\" y=\"{Math.Max(0, Height - sent - failed)}\" width=\"3\" "
                    + $"height=\"{failed}\"/>");
        }

        text.Append(CultureInfo.InvariantCulture, $"<line x1=\"0\" y1=\"{Height}\" x2=\"{hours.Count * 4}\" y2=\"{Height}\"/></svg>");
        writer.Write(text.ToString());
    }
}
