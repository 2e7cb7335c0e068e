using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.WebEncoders;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

/// <summary>The framework that runs the pages, and the pipeline that leads to them.</summary>
internal static class AdminPages
{
    /// <summary>The field of each form that holds its antiforgery token.</summary>
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
        // What a page says of a missing field is for people; a null is for the pages.
        services.Configure<MvcOptions>(static options => options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true);
        services.Configure<WebEncoderOptions>(static options => options.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        services.Configure<CookieTempDataProviderOptions>(static options => options.Cookie = new AdminCookie("pgw-notice"));

        // The key ring is read when it is first needed, and not at every start.
        foreach (var warmUp in services.Where(IsKeyRingWarmUp).ToList())
            services.Remove(warmUp);
    }

    /// <summary>Answers calls of the site.</summary>
    public static void UseAdmin(this WebApplication app)
    {
        // Made at the first call: the gateway accepts reports sooner without it. Should it fail, the next call tries again.
        RequestDelegate? pipeline = null;
        var making = new Lock();
        app.Use((http, next) => http.Request.Path.StartsWithSegments(AdminMiddleware.Root, StringComparison.Ordinal) ? Pipeline()(http) : next(http));

        // Only the site has people who sign in. A WebApplication adds these two in front of everything, reports included, unless they are marked as added.
        foreach (var mark in new[] { "__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet" })
            ((IApplicationBuilder)app).Properties[mark] = true;

        RequestDelegate Pipeline()
        {
            lock (making)
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
