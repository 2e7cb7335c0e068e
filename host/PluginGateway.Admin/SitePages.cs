using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.WebEncoders;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin;

/// <summary>The framework that runs the pages, and the pipeline that leads to them.</summary>
internal static class SitePages
{
    public static void AddSitePages(this IServiceCollection services)
    {
        services.AddSignInCookie();
        services.AddAccess();
        services.AddAntiforgery(static options =>
            (options.Cookie, options.FormFieldName, options.SuppressXFrameOptionsHeader) = (new SiteCookie("pgw-form"), "form", true));
        services.AddRazorPages(static pages =>
        {
            pages.RootDirectory = "/Pages";
            pages.Conventions.ConfigureFilter(new FormFilter());
        });
        // What a page says of a missing field is for people; a null is for the pages.
        services.Configure<MvcOptions>(static options => options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true);
        services.Configure<WebEncoderOptions>(static options => options.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        services.Configure<CookieTempDataProviderOptions>(static options => options.Cookie = new SiteCookie("pgw-notice"));

        // The key ring is read when it is first needed, and not at every start.
        foreach (var warmUp in services.Where(IsKeyRingWarmUp).ToList())
            services.Remove(warmUp);
    }

    /// <summary>Answers calls of the site.</summary>
    public static void UseSite(this WebApplication app)
    {
        // Made at the first call: the gateway accepts reports sooner without it.
        var pipeline = new Lazy<RequestDelegate>(() => Pipeline(app.Services));
        app.Use((http, next) => http.Request.Path.StartsWithSegments(Site.Root, StringComparison.Ordinal) ? pipeline.Value(http) : next(http));

        // Signing in is the site's. A WebApplication adds these two before everything else, reports included, unless they are marked as added.
        foreach (var mark in new[] { "__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet" })
            ((IApplicationBuilder)app).Properties[mark] = true;
    }

    private static RequestDelegate Pipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.Use(services.GetRequiredService<Site>().HandleAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseEndpoints(static endpoints =>
        {
            endpoints.MapSiteAssets();
            endpoints.MapRazorPages();
        });
        return app.Build();
    }

    private static bool IsKeyRingWarmUp(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService) && service.ImplementationType is { Name: "DataProtectionHostedService" };
}
