using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>A page of the site.</summary>
internal abstract class AdminPage : PageModel
{
    private const string NoticeKey = "notice";
    private const string ProblemKey = "problem";

    /// <summary>What was done by the form before.</summary>
    public string? Notice => TempData[NoticeKey] as string;

    /// <summary>Why it was not done.</summary>
    public string? Problem => TempData[ProblemKey] as string;

    /// <summary>Who is signed in; on a page that nobody has to be signed in for there may be none.</summary>
    public Actor Actor => Actor.Of(User) ?? throw new InvalidOperationException("Nobody is signed in.");

    public bool IsSignedIn => User.Identity?.IsAuthenticated == true;

    public CancellationToken Aborted => HttpContext.RequestAborted;

    public long Now => HttpContext.RequestServices.GetRequiredService<TimeProvider>().NowMs();

    /// <summary>The zone that the page's times are in.</summary>
    public virtual TimeZoneInfo Zone => HttpContext.RequestServices.GetRequiredService<DisplayTimeZone>().Zone;

    /// <summary>A time as a <c>time</c> element: in the page's zone, the exact UTC as its title.</summary>
    public Timestamp When(long ms) => new(ms, Zone, Now);

    /// <summary>As much of a list as is shown at once.</summary>
    public Page<T> PageOf<T>(IReadOnlyList<T> all, string what, string name, int size, bool fromTheEnd = false) =>
        PageLinks.Of(all, what, name, size, Request, fromTheEnd);

    /// <summary>What was typed into a field of a form that was just refused, by its handler's name, which may be empty; null when none was.</summary>
    public string? Typed(string handler, string field) => IsRefused(handler) && Request.Form.TryGetValue(field, out var typed) ? typed.ToString() : null;

    /// <summary>Whether that form was just refused, and is shown with what was typed into it.</summary>
    public bool IsRefused(string handler) =>
        Request.HasFormContentType && string.Equals(Request.Query["handler"].ToString(), handler, StringComparison.OrdinalIgnoreCase);

    /// <summary>Says on the page that is shown next why a form was refused.</summary>
    protected void Refuse(ActionOutcome result) => TempData[ProblemKey] = result.Text;

    /// <summary>Goes back to a page and says there what came of a form.</summary>
    protected RedirectResult Back(ActionOutcome result, string to)
    {
        TempData[result.Done ? NoticeKey : ProblemKey] = result.Text;
        return Redirect(to);
    }
}
