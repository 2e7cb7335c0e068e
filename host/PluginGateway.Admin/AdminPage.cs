using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>The base class of the site's pages.</summary>
internal abstract class AdminPage : PageModel
{
    /// <summary>The key of the reason for a refusal, for the next page.</summary>
    public const string ProblemKey = "problem";

    private const string NoticeKey = "notice";

    /// <summary>The result of the previous action.</summary>
    public string? Notice => TempData[NoticeKey] as string;

    /// <summary>The reason why the previous action was refused.</summary>
    public string? Problem => TempData[ProblemKey] as string;

    /// <summary>The signed-in account. Throws if nobody is signed in, which is possible only on pages that do not require it.</summary>
    public Actor Actor => Actor.Of(User) ?? throw new InvalidOperationException("Nobody is signed in.");

    public bool IsSignedIn => User.Identity?.IsAuthenticated == true;

    public CancellationToken Aborted => HttpContext.RequestAborted;

    public long Now => HttpContext.RequestServices.GetRequiredService<TimeProvider>().NowMs();

    /// <summary>The time zone of the page's times.</summary>
    public virtual TimeZoneInfo Zone => HttpContext.RequestServices.GetRequiredService<DisplayTimeZone>().Zone;

    /// <summary>Returns a time as a <c>time</c> element: in the page's time zone, with the exact UTC time as its title.</summary>
    public Timestamp When(long ms) => new(ms, Zone, Now);

    /// <summary>Returns the page of a list that the address requests.</summary>
    public Page<T> PageOf<T>(IReadOnlyList<T> all, string what, string name, int size, bool fromTheEnd = false) =>
        PageLinks.Of(all, what, name, size, Request, fromTheEnd);

    /// <summary>Returns the value that was typed into a field when the form of this handler was just refused; otherwise null.</summary>
    /// <param name="handler">The handler's name; empty for the default handler.</param>
    /// <param name="field">The name of the field.</param>
    public string? Typed(string handler, string field) => TypedForm.Value(handler, field);

    /// <summary>Whether the form of this handler was just refused and is shown again with the typed values.</summary>
    public bool IsRefused(string handler) => TypedForm.IsOf(handler);

    /// <summary>The form that was just refused; empty if none was.</summary>
    protected RefusedForm TypedForm => RefusedForm.On(HttpContext, TempData);

    /// <summary>Redirects to a page that shows the result of an action. A refused form is shown again with what was typed, unless that is too long.</summary>
    protected RedirectResult Back(ActionOutcome result, string to)
    {
        TempData[result.Done ? NoticeKey : ProblemKey] = result.Text;
        if (!result.Done && Request.HasFormContentType)
            KeepTyped(to);
        return Redirect(to);
    }

    /// <summary>Like <see cref="Back"/>, for forms whose text may be too long to keep: these are shown again as the answer to the form itself.</summary>
    protected async Task<IActionResult> BackAsync(ActionOutcome result, string to, Func<Task<IActionResult>> show)
    {
        TempData[result.Done ? NoticeKey : ProblemKey] = result.Text;
        return result.Done || KeepTyped(to) ? Redirect(to) : await show();
    }

    private bool KeepTyped(string to) => RefusedForm.Keep(HttpContext, TempData, new Uri(new Uri("http://site"), to).AbsolutePath);
}
