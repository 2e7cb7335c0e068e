using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Accounts;

/// <summary>Sets up, renews and turns off the second factor of the signed-in account.</summary>
[Needs(Role.Viewer, BeforeSecondFactor = true)]
internal sealed class SecondFactorModel(AccountStore accounts, SecondFactor secondFactor, SignInGuard guard, IOptions<AdminOptions> options) : AdminPage
{
    public const string Address = "/admin/me/second-factor";

    private const string SecretName = "second-factor-key";
    private const string CodesName = "recovery-codes";

    private static readonly TimeSpan SetUpWithin = TimeSpan.FromMinutes(10);

    public bool IsOn { get; private set; }

    public bool IsExternal { get; private set; }

    public bool IsRequired => options.Value.RequireSecondFactor;

    public long CodesLeft { get; private set; }

    /// <summary>
    /// The secret that is being set up; null if none is. The browser keeps it, encrypted, until a code has been entered, and for ten minutes at most, so that a
    /// forgotten set-up cannot be completed by somebody else.
    /// </summary>
    public string? Secret =>
        TempData.Peek(SecretName) is string kept && kept.Split(' ') is [var account, var at, var secret]
            && account == Text(Actor.AccountId) && long.Parse(at, CultureInfo.InvariantCulture) > Now - SetUpWithin.Ms() ? secret : null;

    /// <summary>The recovery codes that were just created. Only the page after their creation shows them, once.</summary>
    public string? ShownCodes { get; private set; }

    public async Task OnGetAsync()
    {
        (IsOn, IsExternal) = await accounts.FindAsync(Actor.AccountId, Aborted) is { } account ? (account.HasSecondFactor, account.IsExternal) : (false, false);
        CodesLeft = IsOn ? await secondFactor.CountCodesAsync(Actor.AccountId, Aborted) : 0;
        ShownCodes = TempData[CodesName] as string;
    }

    public Task<IActionResult> OnPostBeginAsync(string? now) => DoAsync(now, _ =>
    {
        TempData[SecretName] = $"{Text(Actor.AccountId)} {Text(Now)} {SecondFactor.NewSecret()}";
        return Task.FromResult(ActionOutcome.Yes("The second factor is not on yet."));
    });

    public async Task<IActionResult> OnPostConfirmAsync(string? code)
    {
        if (Secret is not { } secret)
            return Back(ActionOutcome.No("Begin again."), Address);

        var (outcome, codes) = await secondFactor.TurnOnAsync(Actor, secret, code, Aborted);
        if (!outcome.Done)
            return Back(outcome, Address);

        TempData.Remove(SecretName);
        TempData[CodesName] = string.Join('\n', codes);
        await ContinueAsync();
        return Back(outcome, Address);
    }

    public Task<IActionResult> OnPostCodesAsync(string? now) => DoAsync(now, async account =>
    {
        if (!account.HasSecondFactor)
            return ActionOutcome.No("The second factor is off.");
        TempData[CodesName] = string.Join('\n', await secondFactor.RenewCodesAsync(Actor, Aborted));
        return ActionOutcome.Yes("New recovery codes created.");
    });

    public Task<IActionResult> OnPostOffAsync(string? now) => DoAsync(now, async account =>
    {
        if (IsRequired)
            return ActionOutcome.No("Every account of this gateway must have a second factor.");
        var outcome = await secondFactor.TurnOffAsync(account.Id, Actor.Name, "", Aborted);
        if (outcome.Done)
            await ContinueAsync();
        return outcome;
    });

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Begins a new session, because a change to an account ends all its sessions.</summary>
    private async Task ContinueAsync()
    {
        if (await accounts.FindAsync(Actor.AccountId, Aborted) is { IsDisabled: false } account)
            await SignInCookie.BeginAsync(HttpContext, account);
    }

    /// <summary>Runs an action after the current password was entered, so that an unattended browser is not enough.</summary>
    private async Task<IActionResult> DoAsync(string? password, Func<Account, Task<ActionOutcome>> action)
    {
        var result = await guard.TryAsync(SignInAttempt.Of(HttpContext, Actor.Name, password), Aborted);
        return Back(result.Account is { } account ? await action(account) : ActionOutcome.No(result.Problem("The current password is wrong.")), Address);
    }
}
