using System.Globalization;
using System.Text.RegularExpressions;
using PluginGateway.Adapters.Symology.Requests;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Soap;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology;

/// <summary>Calls the operations of the web service and interprets their responses.</summary>
internal sealed partial class SymologyClient(SymologySettings settings, HttpClient http, TimeProvider time)
{
    private const string CreateOperation = "SendRequestAdditionalGroup";
    private const string UpdateOperation = "SendEventAction";
    private const string FindOperation = "GetRequestAdditionalGroup";

    private readonly SoapClient _soap = new(http, new Uri(settings.EndpointUrl), SoapVersion.Soap11, time);

    public SymologyLogin? Login { get; } = settings.EndpointUsername is { } user ? new SymologyLogin(user, settings.EndpointPassword ?? "") : null;

    public Task<SymologyResponse> CreateAsync(SymologyRequest request, DateTime recorded, CancellationToken cancellationToken) =>
        ChangeAsync(CreateOperation, SymologyEnvelopes.Create(request, recorded, Login), cancellationToken);

    public Task<SymologyResponse> UpdateAsync(SymologyEvent update, CancellationToken cancellationToken) =>
        ChangeAsync(UpdateOperation, SymologyEnvelopes.Update(update, Login), cancellationToken);

    /// <summary>
    /// Returns the numbers of the cases that have a reference; null if the response is inconclusive. The result is empty only if the response
    /// states explicitly that there is no case, because the gateway then sends the report again.
    /// </summary>
    public async Task<IReadOnlyList<string>?> FindAsync(string? serviceCode, string reference, CancellationToken cancellationToken)
    {
        var content = await _soap.ReadAsync(Action(FindOperation), SymologyEnvelopes.Find(serviceCode, reference, Login), cancellationToken);
        var result = content.Elements().FirstOrDefault(e => e.Name.LocalName.StartsWith(FindOperation, StringComparison.Ordinal));
        if (result.TextOrNull("StatusCode") is not { } status)
            throw AdapterException.Transient("The council's system sent an invalid response.", $"no {FindOperation}Result");

        var numbers = result!.Descendants().Where(e => e.Name.LocalName == "OutCRNo").Select(e => Number(e.LeafText())).OfType<string>()
            .Distinct(StringComparer.Ordinal).ToList();
        var message = result.Text("StatusMessage");
        if (numbers.Count == 0 && status != "0"
            && new SymologyResponse { StatusCode = status, Words = message, HasCreated = false }.Failure(
                "a look-up") is { Kind: FailureKind.Misconfigured } error)
            throw error;
        var isEmpty = result!.Elements().All(e => e.Name.LocalName is "StatusCode" or "StatusMessage" || (!e.HasElements && e.Value.Trim().Length == 0));
        return numbers.Count > 0 || (status == "0" && isEmpty) || (isEmpty && NoRequest().IsMatch(message)) ? numbers : null;
    }

    [GeneratedRegex(
        @"^\s*(web )?request( \S{1,40})?( was| does)? not (found|exist)\.?\s*$|^\s*no (matching )?(web )?requests?( was| were)? found\.?\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex NoRequest();

    /// <summary>Returns a case number without leading zeros, as clients have it; null when the text is empty.</summary>
    public static string? Number(string text) =>
        text.Trim() is { Length: > 0 } number
            ? long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value.ToString(CultureInfo.InvariantCulture) : number
            : null;

    private async Task<SymologyResponse> ChangeAsync(string operation, byte[] envelope, CancellationToken cancellationToken)
    {
        var content = await _soap.ChangeAsync(Action(operation), envelope, cancellationToken);
        return SymologyResponse.Of(content, operation)
            ?? throw AdapterException.OutcomeUnknown(
                "The council's system sent an invalid response.", $"no {operation}Result; content: {HttpResult.ExcerptOf(content.ToString())}");
    }

    private string Action(string operation) => $"{SymologyEnvelopes.Namespace}/{SymologyEnvelopes.Name(operation, Login)}";
}
