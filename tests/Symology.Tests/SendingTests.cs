using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using Symology.Simulator;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Tests the classification of every response and the search for existing cases.</summary>
public sealed class SendingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly SymologyService _service = new(new FakeTimeProvider(Now)) { Login = ("gateway", "secret") };
    private readonly ICouncilAdapter _adapter;

    public SendingTests() => _adapter = Bexley.Adapter(Bexley.Settings(), new FakeTimeProvider(Now), new InProcessSymology(_service));

    [Theory]
    [InlineData(Misbehaviour.ErrorButCreated)]
    [InlineData(Misbehaviour.ErrorStatusLine)]
    public async Task Created_row_is_a_success_despite_an_error_status(Misbehaviour misbehaviour)
    {
        _service.Next.Enqueue(misbehaviour);

        Assert.Equal("560250", (await SubmitAsync()).BackEndId);
        Assert.Single(_service.Cases);
    }

    [Theory]
    [InlineData(Misbehaviour.HangUpAfter)]
    [InlineData(Misbehaviour.FaultAfter)]
    [InlineData(Misbehaviour.NoNumber)]
    public async Task Unconfirmed_case_has_unknown_outcome_and_is_found_by_reference(Misbehaviour misbehaviour)
    {
        _service.Next.Enqueue(misbehaviour);

        var e = await Assert.ThrowsAsync<AdapterException>(SubmitAsync);

        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);
        Assert.Equal((LookupOutcome.Found, "560250"), await FindAsync(Request()));
        Assert.Single(_service.Cases);
    }

    [Theory]
    [InlineData(Misbehaviour.HangUpBefore)]
    [InlineData(Misbehaviour.FaultBefore)]
    [InlineData(Misbehaviour.HtmlPage)]
    public async Task Missing_case_without_response_has_unknown_outcome_and_is_absent(Misbehaviour misbehaviour)
    {
        _service.Next.Enqueue(misbehaviour);

        var e = await Assert.ThrowsAsync<AdapterException>(SubmitAsync);

        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);
        Assert.Equal((LookupOutcome.Absent, null), await FindAsync(Request()));
    }

    [Fact]
    public async Task Server_error_without_soap_has_unknown_outcome()
    {
        _service.Next.Enqueue(Misbehaviour.ServerError);

        Assert.Equal(FailureKind.OutcomeUnknown, (await Assert.ThrowsAsync<AdapterException>(SubmitAsync)).Kind);
    }

    [Fact]
    public async Task Duplicate_error_returns_the_number_of_the_existing_case()
    {
        _service.RefusesDuplicates = true;

        var (first, second) = (await SubmitAsync(), await SubmitAsync());

        Assert.Equal(("560250", "560250"), (first.BackEndId, second.BackEndId));
        Assert.Single(_service.Cases);
    }

    [Fact]
    public async Task Changed_content_creates_a_separate_case_and_does_not_find_the_earlier_one()
    {
        await SubmitAsync();

        var changed = Request() with { Revision = 2, EarlierIds = ["560250"] };

        Assert.Equal((LookupOutcome.Absent, null), await FindAsync(changed));
        Assert.Equal("560251", (await ((IRequestSender)_adapter).SubmitAsync(changed, new TestAttempt(Now), default)).BackEndId);
        Assert.Equal((LookupOutcome.Found, "560251"), await FindAsync(changed));
    }

    [Fact]
    public async Task Case_is_found_after_the_service_code_of_its_category_changed()
    {
        var request = Request() with { Plan = new RequestPlan { Facts = new Dictionary<string, string> { ["ServiceCode"] = "HWY" } } };
        await SubmitAsync();
        var edited = Bexley.Adapter(
            Bexley.Settings(s => s["categories"]!["KERB"]!["parameters"]!["ServiceCode"] = "NEW"), new FakeTimeProvider(Now), new InProcessSymology(_service));

        Assert.Equal(LookupOutcome.Found, (await ((ISubmissionFinder)edited).FindAsync(request, new TestAttempt(Now), default)).Outcome);
    }

    [Fact]
    public async Task Wrong_login_is_misconfigured_and_missing_field_is_rejected()
    {
        var wrong = Bexley.Adapter(Bexley.Settings(s => s["endpointPassword"] = "other"), new FakeTimeProvider(Now), new InProcessSymology(_service));
        var login = await Assert.ThrowsAsync<AdapterException>(() => ((IRequestSender)wrong).SubmitAsync(Request(), new TestAttempt(Now), default));
        var check = await Assert.ThrowsAsync<AdapterException>(() => ((IConnectionCheck)wrong).CheckAsync(default));
        var empty = Bexley.Adapter(
            Bexley.Settings(s => s["categories"]!["KERB"]!["parameters"]!["RequestType"] = ""), new FakeTimeProvider(Now), new InProcessSymology(_service));
        var field = await Assert.ThrowsAsync<AdapterException>(() => ((IRequestSender)empty).SubmitAsync(Request(), new TestAttempt(Now), default));

        Assert.Equal((FailureKind.Misconfigured, FailureKind.Misconfigured), (login.Kind, check.Kind));
        Assert.Equal(
            (FailureKind.Rejected, "Couldn't create SendRequest in Symology: Request not created - RequestType is required"), (field.Kind, field.Detail));
        Assert.Empty(_service.Cases);
        await ((IConnectionCheck)_adapter).CheckAsync(default);
    }

    [Fact]
    public async Task Update_without_category_is_rejected_when_codes_are_required()
    {
        await SubmitAsync();
        var update = new ClientUpdate { UpdateId = "1", BackEndId = "560250", Status = "OPEN", UpdatedAt = Now };

        var e = await Assert.ThrowsAsync<AdapterException>(() => ((IUpdateSender)_adapter).SubmitUpdateAsync(update, new TestAttempt(Now), default));

        Assert.Equal(FailureKind.Rejected, e.Kind);
        Assert.Empty(_service.Cases.Single().Events);
    }

    [Theory]
    [InlineData("A network-related error occurred. The server was not found or was not accessible.")]
    [InlineData("User not found")]
    [InlineData("Service code HWY not found")]
    [InlineData("Timeout expired.")]
    public async Task Failed_search_is_inconclusive(string message)
    {
        _service.FindError = message;

        Assert.Equal((LookupOutcome.Inconclusive, null), await FindAsync(Request()));
        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<AdapterException>(() => ((IConnectionCheck)_adapter).CheckAsync(default))).Kind);
    }

    [Theory]
    [InlineData("Invalid operation. The connection is closed.", null, FailureKind.Transient)]
    [InlineData("Invalid object name 'dbo.CR'.", null, FailureKind.Transient)]
    [InlineData("Transaction was deadlocked; it must be rerun.", null, FailureKind.Transient)]
    [InlineData("Login failed for user 'symology_app'.", null, FailureKind.Transient)]
    [InlineData("Request not created", "Something must be wrong", FailureKind.Transient)]
    [InlineData("Request not created", "AnalysisCode1 is not valid", FailureKind.Rejected)]
    [InlineData("Invalid password", null, FailureKind.Misconfigured)]
    public async Task Only_errors_about_a_field_are_rejections(string message, string? row, FailureKind kind)
    {
        _service.CreateError = (message, row);

        Assert.Equal(kind, (await Assert.ThrowsAsync<AdapterException>(SubmitAsync)).Kind);
    }

    [Fact]
    public async Task Report_of_a_removed_category_is_still_found_and_updated()
    {
        await SubmitAsync();
        var request = Request() with { Plan = new RequestPlan { Facts = new Dictionary<string, string> { ["ServiceCode"] = "HWY" } } };
        var without = Bexley.Adapter(
            Bexley.Settings(s => s["categories"]!.AsObject().Remove("KERB")), new FakeTimeProvider(Now), new InProcessSymology(_service));

        Assert.Equal(LookupOutcome.Found, (await ((ISubmissionFinder)without).FindAsync(request, new TestAttempt(Now), default)).Outcome);
        var update = new ClientUpdate { UpdateId = "1", BackEndId = "560250", Status = "OPEN", UpdatedAt = Now, Request = request };
        Assert.Equal("1", (await ((IUpdateSender)without).SubmitUpdateAsync(update, new TestAttempt(Now), default)).BackEndId);
    }

    [Fact]
    public async Task Update_contains_the_reference_of_its_case()
    {
        var changed = Request() with { Revision = 2, EarlierIds = ["1"] };
        await ((IRequestSender)_adapter).SubmitAsync(changed, new TestAttempt(Now), default);

        var update = new ClientUpdate { UpdateId = "1", BackEndId = "560250", Status = "OPEN", UpdatedAt = Now, Request = changed };
        await ((IUpdateSender)_adapter).SubmitUpdateAsync(update, new TestAttempt(Now), default);

        Assert.Equal("4711-2", _service.Cases.Single().Events.Single()["WebRequestID"]);
    }

    private Task<Submission> SubmitAsync() => ((IRequestSender)_adapter).SubmitAsync(Request(), new TestAttempt(Now), default);

    private async Task<(LookupOutcome, string?)> FindAsync(ServiceRequest request)
    {
        var result = await ((ISubmissionFinder)_adapter).FindAsync(request, new TestAttempt(Now), default);
        return (result.Outcome, result.Submission?.BackEndId);
    }

    private ServiceRequest Request() => new()
    {
        Id = "PG0AM28GC4RG080",
        Reference = "4711",
        Service = Bexley.Service(_adapter, "KERB"),
        Location = new ReportLocation { Latitude = 51.466707, Longitude = 0.181108 },
        ReceivedAt = Now,
    };
}
