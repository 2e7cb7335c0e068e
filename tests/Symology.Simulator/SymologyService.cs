using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Xml.Linq;

namespace Symology.Simulator;

/// <summary>
/// The web service: stores cases in memory and answers like the real one. It is independent of the transport, so that it serves in-process
/// tests as well as a real socket.
/// </summary>
/// <param name="time">The clock; the service refuses times in the future.</param>
public sealed class SymologyService(TimeProvider time)
{
    private const int FirstNumber = 560_250;

    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    private static readonly string[] Optional = ["NSGRef", "RegionSite", "UnitID"];

    private static readonly string[] Fields =
    [
        "RecordedDate", "RecordedTime", "UserName", "RequestType", "Priority", "AnalysisCode1", "AnalysisCode2", "Location", "ExternalRef", "Description",
        "Easting", "Northing",
        "InWebRequestID", "ServiceCode", "NextAction", "NextInspection", "NextActionUserName", "NextNotify", "ActionDescription", "CreateLACode",
    ];

    private static readonly string[] CustomerFields =
        ["CustomerFullName", "CustomerTelNo", "CustomerEmail", "CustomerType", "ContactType", "InitialDate", "InitialTime", "ReceivedDate", "ReceivedTime"];

    private readonly Lock _lock = new();
    private readonly List<SymologyCase> _cases = [];

    /// <summary>The required user and password. When set, only the authenticated operations are available.</summary>
    public (string User, string Password)? Login { get; init; }

    /// <summary>Whether a second request with the same <c>InWebRequestID</c> is refused.</summary>
    public bool RefusesDuplicates { get; set; }

    /// <summary>The faults of the next calls that change data, one for each call.</summary>
    public ConcurrentQueue<Misbehaviour> Next { get; } = new();

    /// <summary>The message with which every search fails, with status 1.</summary>
    public string? FindError { get; set; }

    /// <summary>The error with which every new request fails, with status 1 and optionally a result row.</summary>
    public (string Message, string? Row)? CreateError { get; set; }

    /// <summary>The fault of calls that change data while <see cref="Next"/> is empty.</summary>
    public Misbehaviour Always { get; set; }

    /// <summary>The bodies of the calls received.</summary>
    public ConcurrentQueue<byte[]> Calls { get; } = new();

    /// <summary>The cases.</summary>
    public IReadOnlyList<SymologyCase> Cases
    {
        get
        {
            lock (_lock)
                return [.. _cases];
        }
    }

    /// <summary>Answers a call.</summary>
    /// <param name="contentType">The content type of the call.</param>
    /// <param name="soapAction">The SOAP action of the call.</param>
    /// <param name="body">The body of the call.</param>
    /// <returns>The status, content type and body of the response; null when the connection closes without one.</returns>
    public (HttpStatusCode Status, string ContentType, string Body)? Answer(string? contentType, string? soapAction, byte[] body)
    {
        Calls.Enqueue(body);
        try
        {
            var call = SoapCheck.Read(contentType, soapAction, body);
            var name = call.Operation.Name.LocalName;
            SoapCheck.Demand(name.EndsWith("Authenticated", StringComparison.Ordinal) == Login is not null, $"{name} is not available");
            var operation = name.Replace("Authenticated", "", StringComparison.Ordinal);
            if (operation == "GetRequestAdditionalGroup")
                return Ok(Find(call.Operation, name));

            var misbehaviour = Next.TryDequeue(out var next) ? next : Always;
            switch (misbehaviour)
            {
                case Misbehaviour.HangUpBefore:
                    return null;
                case Misbehaviour.FaultBefore:
                    return Fault("soap:Server", "System.Data.SqlClient.SqlException: Timeout expired.");
                case Misbehaviour.HtmlPage:
                    return (HttpStatusCode.OK, "text/html", "<html><body>Down for maintenance</body></html>");
                case Misbehaviour.ServerError:
                    return (HttpStatusCode.InternalServerError, "text/plain", "Runtime Error");
            }

            var answer = operation switch
            {
                "SendRequestAdditionalGroup" => Create(call.Operation, name, misbehaviour),
                "SendEventAction" => Event(call.Operation, name, misbehaviour),
                _ => throw new SoapRefusal($"{name} is not available"),
            };
            return misbehaviour switch
            {
                Misbehaviour.ErrorStatusLine => (HttpStatusCode.InternalServerError, Ok(answer).Item2, Ok(answer).Item3),
                Misbehaviour.HangUpAfter => null,
                Misbehaviour.FaultAfter => Fault("soap:Server", "System.NullReferenceException"),
                _ => Ok(answer),
            };
        }
        catch (SoapRefusal e)
        {
            return Fault("soap:Client", e.Message);
        }
    }

    private static (HttpStatusCode, string, string) Ok(string content) =>
        (HttpStatusCode.OK, "text/xml; charset=utf-8",
            $"""<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SoapCheck.Soap}"><soap:Body>{content}</soap:Body></soap:Envelope>""");

    private static (HttpStatusCode, string, string) Fault(string code, string reason) =>
        Ok(new XElement("x", new XElement("faultcode", code), new XElement("faultstring", reason)).ToString(SaveOptions.DisableFormatting)
            .Replace("<x>", "<soap:Fault>", StringComparison.Ordinal).Replace("</x>", "</soap:Fault>", StringComparison.Ordinal)) with
        { Item1 = HttpStatusCode.InternalServerError };

    private string Create(XElement operation, string name, Misbehaviour misbehaviour)
    {
        var parts = Parameters(operation, "ProcessID", "Request", "Customer", "AdditionalFields");
        SoapCheck.Demand(SoapCheck.IsNil(parts[0]), "ProcessID must be nil");
        SoapCheck.IsOf(parts[1], SoapCheck.Symology, "RequestSend");
        var optional = Optional.Where(o => parts[1].Elements().Any(e => e.Name.LocalName == o));
        var request = Read(SoapCheck.Children(parts[1], [.. optional, .. Fields]));
        SoapCheck.IsOf(parts[2], SoapCheck.Symology, "CustomerSend");
        var customer = Read(SoapCheck.Children(parts[2], CustomerFields));
        SoapCheck.IsOf(parts[3], SoapCheck.Symology, "ArrayOfAdditionalFieldSend");
        var additional = parts[3].Elements().Select(Additional).ToImmutableList();
        foreach (var (date, clock) in new[] { (request, "Recorded"), (customer, "Initial"), (customer, "Received") })
            CheckTime(date, clock);

        if (LoginProblem(operation) is { } loginError)
            return Result(name, "1", loginError, []);
        if (CreateError is var (message, row))
            return Result(name, "1", message, row is null ? [] : [("1", row, "")]);
        string[] requiredFields = ["RequestType", "ServiceCode", "AnalysisCode1", "Priority", "Easting", "Northing", "InWebRequestID"];
        if (requiredFields.FirstOrDefault(f => request.GetValueOrDefault(f, "").Length == 0) is { } missing)
            return Result(name, "1", "Request not created", [("1", $"{missing} is required", "")]);
        if (request["Priority"].Length > 4)
            return Result(name, "1", "Request not created", [("1", "Priority is not valid", "")]);

        lock (_lock)
        {
            if (RefusesDuplicates && _cases.Exists(c => c.Request["InWebRequestID"] == request["InWebRequestID"]))
                return Result(name, "1", "Request not created", [("1", $"Web request {request["InWebRequestID"]} already exists", "")]);
            var number = FirstNumber + _cases.Count;
            _cases.Add(new SymologyCase { Number = number, Request = request, Customer = customer, AdditionalFields = additional });
            // The system pads numbers to eight digits.
            var text = number.ToString("00000000", CultureInfo.InvariantCulture);
            return misbehaviour switch
            {
                Misbehaviour.ErrorButCreated => Result(name, "1", "Could not notify the inspector", [("2", "", text)]),
                Misbehaviour.NoNumber => Result(name, "0", "", []),
                _ => Result(name, "0", "Success", [("1", "One request processed", ""), ("2", "", text)]),
            };
        }
    }

    private string Event(XElement operation, string name, Misbehaviour misbehaviour)
    {
        var parts = Parameters(operation, "ProcessID", "EventAction");
        SoapCheck.Demand(SoapCheck.IsNil(parts[0]), "ProcessID must be nil");
        SoapCheck.IsOf(parts[1], SoapCheck.Symology, "EventActionSend");
        var fields = Read(
            SoapCheck.Children(parts[1], "ServiceCode", "CRNo", "WebRequestID", "EventType", "EventDescription", "UserName", "Description", "NextAction"));
        if (LoginProblem(operation) is { } loginError)
            return Result(name, "1", loginError, []);
        if (!fields.ContainsKey("EventType"))
            return Result(name, "1", "Event not added", [("1", "EventType is required", "")]);

        lock (_lock)
        {
            var index = _cases.FindIndex(c => c.Number.ToString(CultureInfo.InvariantCulture) == fields.GetValueOrDefault("CRNo", "").TrimStart('0'));
            if (index < 0)
                return Result(name, "1", "Event not added", [("1", "CRNo is not valid", "")]);
            foreach (var (given, own) in new[] { ("WebRequestID", "InWebRequestID"), ("ServiceCode", "ServiceCode") })
                if (fields.TryGetValue(given, out var value) && value != _cases[index].Request[own])
                    return Result(name, "1", "Event not added", [("1", $"{given} is not valid", "")]);
            _cases[index] = _cases[index] with { Events = _cases[index].Events.Add(fields) };
            return misbehaviour == Misbehaviour.ErrorButCreated ? Result(name, "1", "Could not notify", [("2", "", "")]) : Result(name, "0", "Success", []);
        }
    }

    private string Find(XElement operation, string name)
    {
        var parts = Parameters(operation, "ServiceCode", "InCRNo", "InWebRequestID", "InInterfaceType").Select(SoapCheck.Text).ToList();
        if ((LoginProblem(operation) ?? FindError) is { } loginError)
            return Result(name, "1", loginError, []);

        lock (_lock)
        {
            var found = _cases.Where(c => c.Request["InWebRequestID"] == parts[2] && (parts[0] is null || c.Request["ServiceCode"] == parts[0])).ToList();
            var content = found.Count == 0
                ? "<StatusCode>1</StatusCode><StatusMessage>Request not found</StatusMessage>"
                : "<StatusCode>0</StatusCode><StatusMessage/>" + string.Concat(found.Select(c =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"<Request><OutCRNo>{c.Number:00000000}</OutCRNo><ServiceCode>{c.Request["ServiceCode"]}</ServiceCode></Request>")));
            return $"""<{name}Response xmlns="{SoapCheck.Symology}"><{name}Result>{content}</{name}Result></{name}Response>""";
        }
    }

    private static string Result(string name, string status, string message, IReadOnlyList<(string Type, string Message, string Number)> rows)
    {
        var (results, row) = name.StartsWith("SendEventAction", StringComparison.Ordinal)
            ? ("SendEventActionResults", "SendEventActionResultRow")
            : ("SendRequestResults", "SendRequestResultRow");
        var text = new StringBuilder();
        foreach (var (type, content, number) in rows)
            text.Append(CultureInfo.InvariantCulture, $"<{row}><RecordType>{type}</RecordType><MessageText>{WebUtility.HtmlEncode(content)}</MessageText><ConvertCRNo>{number}</ConvertCRNo></{row}>");
        return $"""<{name}Response xmlns="{SoapCheck.Symology}"><{name}Result><StatusCode>{status}</StatusCode><StatusMessage>{WebUtility.HtmlEncode(message)}</StatusMessage><{results}>{text}</{results}></{name}Result></{name}Response>""";
    }

    private static ImmutableDictionary<string, string> Read(IReadOnlyList<XElement> fields) => fields
        .Select(f => (f.Name.LocalName, Text: SoapCheck.Text(f))).Where(f => f.Text is not null)
        .ToImmutableDictionary(f => f.LocalName, f => f.Text!, StringComparer.Ordinal);

    private static (int, int, string?) Additional(XElement element)
    {
        SoapCheck.Demand(element.Name == XName.Get("AdditionalFieldSend", SoapCheck.Symology), $"{element.Name} among AdditionalFields");
        SoapCheck.IsOf(element, SoapCheck.Symology, "AdditionalFieldSend");
        SoapCheck.HasArrayType(element);
        var parts = SoapCheck.Children(element, "FieldLine", "ValueType", "DataValue").Select(SoapCheck.Text).ToList();
        SoapCheck.Demand(
            int.TryParse(parts[0], CultureInfo.InvariantCulture, out var line) & int.TryParse(parts[1], CultureInfo.InvariantCulture, out var type),
            "FieldLine and ValueType are numbers");
        return (line, type, parts[2]);
    }

    private void CheckTime(ImmutableDictionary<string, string> fields, string name)
    {
        var text = $"{fields.GetValueOrDefault(name + "Date")} {fields.GetValueOrDefault(name + "Time")}";
        SoapCheck.Demand(
            DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local),
            $"{name}Date and {name}Time are {text}");
        SoapCheck.Demand(local < TimeZoneInfo.ConvertTime(time.GetUtcNow(), London).DateTime, $"{name}Time is in the future");
    }

    private IReadOnlyList<XElement> Parameters(XElement operation, params string[] names) =>
        Login is null ? SoapCheck.Children(operation, names) : [.. SoapCheck.Children(operation, ["Username", "Password", .. names]).Skip(2)];

    private string? LoginProblem(XElement operation) =>
        Login is { } login && operation.Elements().Take(2).Select(SoapCheck.Text).ToList() is var given && (given[0], given[1]) != login
            ? "Invalid username or password"
            : null;
}
