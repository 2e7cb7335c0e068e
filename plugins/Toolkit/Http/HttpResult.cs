using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Text;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>An HTTP response with its complete content.</summary>
public sealed partial class HttpResult
{
    /// <summary>The maximum length of <see cref="Excerpt"/>, in characters.</summary>
    public const int MaxExcerptLength = 2_048;

    private const string Redirects = "The council's system redirects calls to another address.";
    private const string WrongAddress = "The council's system does not accept calls at the configured address.";

    private readonly Lazy<string> _text;

    internal HttpResult(HttpResponseMessage response, byte[]? body, bool isResponseToChange, TimeProvider time)
    {
        Status = response.StatusCode;
        Reason = response.ReasonPhrase ?? "";
        ContentType = response.Content.Headers.ContentType?.MediaType ?? "";
        Charset = response.Content.Headers.ContentType?.CharSet;
        Location = response.Headers.Location;
        Body = body;
        IsResponseToChange = isResponseToChange;
        RetryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
            _ => null,
        };
        _text = new Lazy<string>(() => Body is null ? "" : Charsets.Decode(Body, Charset));
    }

    /// <summary>The status code.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The reason phrase after the status code; may be empty.</summary>
    public string Reason { get; }

    /// <summary>The media type without parameters; empty if the response has none.</summary>
    public string ContentType { get; }

    /// <summary>The encoding that the header declares; null if it declares none.</summary>
    public string? Charset { get; }

    /// <summary>The target of a redirect, or the address of what was created; null if there is none.</summary>
    public Uri? Location { get; }

    /// <summary>How long the system asks to wait before the next call; null if it does not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The decompressed content; null if it is longer than <see cref="HttpCalls.MaxBytes"/>.</summary>
    public byte[]? Body { get; }

    /// <summary>The content as text; see <see cref="Charsets.Decode"/>.</summary>
    public string Text => _text.Value;

    /// <summary>Whether the call creates or changes something, so that an unclear response leaves its outcome unknown.</summary>
    public bool IsResponseToChange { get; }

    /// <summary>Whether the status code is 2xx.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>
    /// Whether the content is a web page. This is decided by the content itself, because many systems declare their XML or JSON as
    /// <c>text/html</c>.
    /// </summary>
    public bool IsWebPage
    {
        get
        {
            try
            {
                return WebPage().IsMatch(Text);
            }
            catch (RegexMatchTimeoutException)
            {
                return false;
            }
        }
    }

    /// <summary>The status code and reason phrase, for operators.</summary>
    public string StatusLine => string.Create(CultureInfo.InvariantCulture, $"{(int)Status} {Reason}").TrimEnd();

    /// <summary>The beginning of the content on a single line, for operators, who may find a case number in it. Empty if there is no content.</summary>
    public string Excerpt => ExcerptOf(Text);

    /// <summary>Reads the content as XML; see <see cref="SafeXml.Parse"/>.</summary>
    /// <returns>The root element; null if the content is not XML or is a web page.</returns>
    public XElement? ReadXml() => IsWebPage ? null : SafeXml.Parse(Body, Charset);

    /// <summary>
    /// Creates the exception for a response that reports a failure. After a call that changes something, only a clear answer counts.
    /// </summary>
    /// <remarks>
    /// <list type="table">
    /// <item><term>401</term><description><see cref="FailureKind.Misconfigured"/>: the credentials are wrong.</description></item>
    /// <item><term>429, 503</term><description><see cref="FailureKind.Transient"/>: the system did not process the call.</description></item>
    /// <item><term>413</term><description><see cref="FailureKind.Rejected"/>.</description></item>
    /// <item><term>other 4xx with an error body of the system itself</term><description>
    /// <see cref="FailureKind.Rejected"/>, but 403 and 405 are <see cref="FailureKind.Misconfigured"/>, and 408 is like a response without such a
    /// body.</description></item>
    /// <item><term>everything else</term><description>
    /// The response may come from a proxy, or from a page that was shown after the call was processed, such as a redirect after a form was posted.
    /// After a call that changes something, the result is <see cref="FailureKind.OutcomeUnknown"/>; for 3xx, 403, 404, 405 and 410, which suggest a wrong
    /// address or wrong credentials, sending also stops. After a call that only reads, 3xx and 403 are <see cref="FailureKind.Misconfigured"/>, and every
    /// other status is <see cref="FailureKind.Transient"/>.</description></item>
    /// </list>
    /// </remarks>
    /// <param name="words">
    /// The message in the system's own error body, which clients see; null if the response has no such body.
    /// </param>
    /// <param name="status">The status to classify, if the error body contains one that replaces that of the response; null otherwise.</param>
    /// <returns>The exception to throw.</returns>
    public AdapterException Refusal(string? words = null, HttpStatusCode? status = null)
    {
        var own = words is { Length: > 0 } ? words : null;
        var detail = Detail(own ?? "no error body of the system");
        var code = status ?? Status;
        return code switch
        {
            HttpStatusCode.Unauthorized => Credentials(detail),
            HttpStatusCode.TooManyRequests => AdapterException.Transient("The council's system is busy.", detail, RetryAfter, slowDown: true),
            HttpStatusCode.ServiceUnavailable => AdapterException.Transient("The council's system reported an error.", detail, RetryAfter),
            HttpStatusCode.RequestEntityTooLarge =>
                AdapterException.Rejected(own ?? "The report is too large for the council's system.", detail),
            HttpStatusCode.RequestTimeout => Unclear(code, detail),
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError when own is not null => Refused(code, own, detail),
            _ => Unclear(code, detail),
        };
    }

    /// <summary>Creates the exception for a response with status 2xx that is not what the system should send, such as a web page.</summary>
    /// <param name="problem">What is wrong with the response, for operators, such as "no SOAP envelope".</param>
    /// <returns>
    /// The exception to throw. After a call that changes something, it is <see cref="FailureKind.OutcomeUnknown"/>; after a call that reads, it is
    /// <see cref="FailureKind.Transient"/>.
    /// </returns>
    public AdapterException Unreadable(string problem)
    {
        var words = IsWebPage ? "The council's system answered with a web page." : "The council's system sent an invalid response.";
        var size = Body is null ? $", longer than {HttpCalls.MaxBytes >> 20} MB" : "";
        var detail = Detail($"{(ContentType.Length > 0 ? ContentType : "no content type")}{size}, {problem}");
        return IsResponseToChange ? AdapterException.OutcomeUnknown(words, detail) : AdapterException.Transient(words, detail);
    }

    /// <summary>Returns the beginning of a text on a single line, for the details of failures.</summary>
    /// <param name="text">The text.</param>
    /// <returns>At most <see cref="MaxExcerptLength"/> characters.</returns>
    public static string ExcerptOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = string.Join(' ', XmlCharacters.Clean(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaxExcerptLength ? line : line[..(MaxExcerptLength - 1)] + "…";
    }

    private static AdapterException Credentials(string detail) =>
        AdapterException.Misconfigured("The council's system rejected our API key. Ask the council for a new one.", detail);

    /// <summary>Creates the exception for an error body of the system itself, which states that nothing was done.</summary>
    private static AdapterException Refused(HttpStatusCode status, string words, string detail) => status switch
    {
        HttpStatusCode.Forbidden => Credentials(detail),
        HttpStatusCode.MethodNotAllowed => AdapterException.Misconfigured(WrongAddress, detail),
        _ => AdapterException.Rejected(words, detail),
    };

    private AdapterException Unclear(HttpStatusCode status, string detail) => status switch
    {
        HttpStatusCode.Forbidden when !IsResponseToChange => Credentials(detail),
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest when !IsResponseToChange => AdapterException.Misconfigured(Redirects, detail),
        _ when !IsResponseToChange => AdapterException.Transient("The council's system reported an error.", detail, RetryAfter),
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => AdapterException.OutcomeUnknown(Redirects, detail, stopSending: true),
        HttpStatusCode.Forbidden => AdapterException.OutcomeUnknown("The council's system denied access.", detail, stopSending: true),
        HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone =>
            AdapterException.OutcomeUnknown(WrongAddress, detail, stopSending: true),
        _ => AdapterException.OutcomeUnknown("The council's system did not give a clear answer.", detail),
    };

    private string Detail(string what) =>
        $"{StatusLine}{(Location is null ? "" : $" (Location: {Location})")}: {what}{(Excerpt is { Length: > 0 } excerpt ? $"; content: {excerpt}" : "")}";

    [GeneratedRegex(
        @"^(?>\s*(?:<\?[^>]{0,200}>|<!--(?>.*?-->)))*\s*<(?:!doctype\s+html|html)\b",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex WebPage();
}
