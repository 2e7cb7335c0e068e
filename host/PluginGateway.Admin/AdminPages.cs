using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.WebEncoders;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

/// <summary>Registers the Razor pages and the pipeline that serves them.</summary>
internal static class AdminPages
{
    /// <summary>The form field that contains the antiforgery token.</summary>
    public const string FormField = "form";

    public static void AddAdminPages(this IServiceCollection services)
    {
        services.AddSignInCookie();
        services.AddAccess();
        services.AddAntiforgery(static options =>
            (options.Cookie, options.FormFieldName, options.SuppressXFrameOptionsHeader) = (new AdminCookie("pgw-form"), FormField, true));
        services.AddRazorPages(static pages =>
        {
            pages.RootDirectory = "/Pages";
            pages.Conventions.ConfigureFilter(new FormFilter());
            pages.Conventions.ConfigureFilter(new StaleFormFilter());
        });
        // The pages check for missing fields themselves and explain them to the operator.
        services.Configure<MvcOptions>(static options => options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true);
        services.Configure<WebEncoderOptions>(static options => options.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        services.Configure<CookieTempDataProviderOptions>(static options => options.Cookie = new AdminCookie("pgw-notice"));

        // The key ring is read when it is first needed, not at every start.
        foreach (var warmUp in services.Where(IsKeyRingWarmUp).ToList())
            services.Remove(warmUp);
    }

    /// <summary>Serves requests to the site.</summary>
    public static void UseAdmin(this WebApplication app)
    {
        // Built at the first request, so that the gateway accepts reports sooner. If building fails, the next request retries it.
        RequestDelegate? pipeline = null;
        var buildLock = new Lock();
        app.Use((http, next) => http.Request.Path.StartsWithSegments(AdminMiddleware.Root, StringComparison.Ordinal) ? Pipeline()(http) : next(http));

        // Only the site uses authentication. WebApplication adds both middlewares in front of all endpoints, including those for reports, unless they
        // are marked as added.
        foreach (var marker in new[] { "__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet" })
            ((IApplicationBuilder)app).Properties[marker] = true;

        RequestDelegate Pipeline()
        {
            lock (buildLock)
                return pipeline ??= Build(app.Services);
        }
    }

    private static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.Use(services.GetRequiredService<AdminMiddleware>().HandleAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseEndpoints(static endpoints =>
        {
            endpoints.MapAdminAssets();
            endpoints.MapRazorPages();
        });
        return app.Build();
    }

    private static bool IsKeyRingWarmUp(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService) && service.ImplementationType is { Name: "DataProtectionHostedService" };
}
