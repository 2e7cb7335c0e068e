using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.WebEncoders;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.Reading;
using PluginGateway.Host.Admin.SignIn;

namespace PluginGateway.Host.Admin;

internal static class AdminServices
{
    /// <summary>Accounts: what commands need too.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<AdminOptions, AdminOptionsValidator>().BindConfiguration(AdminOptions.Section)
            .Validate(static options => options.TimeZone is null or "" || TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _), "Admin:TimeZone is no time zone of this machine.");
        services.AddSingleton<Passwords>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<SignInGuard>();
        return services;
    }

    /// <summary>The site itself.</summary>
    public static IServiceCollection AddSite(this IServiceCollection services)
    {
        services.AddSingleton<Site>();
        services.AddSingleton<SiteZone>();
        services.AddSingleton<AuditReading>();
        services.AddSingleton<LaneReading>();
        services.AddSingleton<Overview>();
        services.AddSingleton<ReportSearch>();
        services.AddSingleton<BulkPreview>();
        services.AddSingleton<ReportStory>();
        services.AddSingleton<SetUpLink>();
        services.AddHostedService(provider => provider.GetRequiredService<SetUpLink>());
        services.AddDataProtection().SetApplicationName("PluginGateway");
        // It reads the keys at the start; they are read when they are first needed.
        services.Remove(services.Single(static s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Namespace == "Microsoft.AspNetCore.DataProtection.Internal"));
        services.AddOptions<KeyManagementOptions>().Configure<DataKeys>(static (options, keys) => options.XmlRepository = keys);
        services.AddAntiforgery(static options => (options.Cookie, options.FormFieldName, options.SuppressXFrameOptionsHeader) = (new SiteCookie("pgw-form"), "form", true));
        services.AddRazorPages(static pages =>
        {
            pages.RootDirectory = "/Admin/Pages";
            pages.Conventions.Add(new AccessConvention());
        });
        // What a page says of a missing field is for people; a null is for the pages.
        services.Configure<MvcOptions>(static options => options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true);
        services.Configure<WebEncoderOptions>(static options => options.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        services.Configure<CookieTempDataProviderOptions>(static options => options.Cookie = new SiteCookie("pgw-notice"));
        return services;
    }

    /// <summary>Answers calls of the site. Its pages are put together at the first of them: a gateway takes reports sooner without.</summary>
    public static void UseSite(this WebApplication app)
    {
        var site = app.Services.GetRequiredService<Site>();
        var pages = new Lazy<RequestDelegate>(() => Pages(app.Services, site));
        app.Use((http, next) => http.Request.Path.StartsWithSegments(Site.Root, StringComparison.Ordinal) ? pages.Value(http) : next(http));
    }

    private static RequestDelegate Pages(IServiceProvider services, Site site)
    {
        // A line of its own: the router of the rest would ask for all pages at the first call of anything.
        var line = new ApplicationBuilder(services);
        line.Use(site.HandleAsync);
        line.UseRouting();
        line.UseEndpoints(static endpoints =>
        {
            endpoints.MapSiteAssets();
            endpoints.MapRazorPages();
        });
        return line.Build();
    }
}
