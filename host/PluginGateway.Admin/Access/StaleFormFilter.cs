using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;

namespace PluginGateway.Admin.Access;

/// <summary>
/// Handles a sign-in or sign-out form that was loaded before the user signed in or out in another tab: it changes nothing, and the browser is
/// redirected according to its current session.
/// </summary>
internal sealed class StaleFormFilter : IAlwaysRunResultFilter
{
    public void OnResultExecuting(ResultExecutingContext context)
    {
        var http = context.HttpContext;
        if (context.Result is not IAntiforgeryValidationFailedResult || !http.Request.HasFormContentType || !http.Request.Form.ContainsKey(AdminPages.FormField)
            || http.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is not { ToChange: SignIn.Role.None })
            return;

        context.Result = new LocalRedirectResult(http.User.Identity?.IsAuthenticated == true ? AdminMiddleware.Root : SignIn.SignInCookie.Address);
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
