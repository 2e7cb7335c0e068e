using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.WebEncoders;
using PluginGateway.Admin.Access;
using PluginGateway.Core.Adapters;

namespace PluginGateway.Admin;

/// <summary>
/// The pages, with the framework that runs them in a container of its own. Both are put together at the first call of the site: a gateway takes reports
/// sooner without.
/// </summary>
internal sealed class SitePages : IDisposable, IAsyncDisposable
{
    private readonly Lazy<(ServiceProvider Framework, RequestDelegate Line)> _made;

    public SitePages(IServiceProvider gateway, Site site) => _made =
        // Tried again at the next call should it fail.
        new(() => Make(gateway, site), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>What runs the pages.</summary>
    public IServiceProvider Framework => _made.Value.Framework;

    public async Task HandleAsync(HttpContext http)
    {
        var (framework, line) = _made.Value;
        var before = http.RequestServices;
        await using var scope = framework.CreateAsyncScope();
        http.RequestServices = new Both(scope.ServiceProvider, before);
        try
        {
            await line(http);
        }
        finally
        {
            http.RequestServices = before;
        }
    }

    public void Dispose()
    {
        if (_made.IsValueCreated)
            _made.Value.Framework.Dispose();
    }

    public ValueTask DisposeAsync() => _made.IsValueCreated ? _made.Value.Framework.DisposeAsync() : default;

    private static (ServiceProvider, RequestDelegate) Make(IServiceProvider gateway, Site site)
    {
        var services = new ServiceCollection();
        // As objects that are there: what a container made itself it would dispose of too.
        services.AddSingleton(gateway.GetRequiredService<ILoggerFactory>());
        services.AddSingleton(gateway.GetRequiredService<IConfiguration>());
        services.AddSingleton(gateway.GetRequiredService<IWebHostEnvironment>());
        services.AddSingleton<IHostEnvironment>(gateway.GetRequiredService<IWebHostEnvironment>());
        services.AddSingleton(gateway.GetRequiredService<DiagnosticListener>());
        services.AddSingleton<DiagnosticSource>(gateway.GetRequiredService<DiagnosticListener>());
        services.AddLogging();
        services.AddDataProtection().SetApplicationName("PluginGateway");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = gateway.GetRequiredService<DataKeys>());
        services.AddAntiforgery(static options => (options.Cookie, options.FormFieldName, options.SuppressXFrameOptionsHeader) = (new SiteCookie("pgw-form"), "form", true));
        services.AddRazorPages(static pages =>
        {
            pages.RootDirectory = "/Pages";
            pages.Conventions.Add(new AccessConvention());
        });
        // What a page says of a missing field is for people; a null is for the pages.
        services.Configure<MvcOptions>(static options => options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true);
        services.Configure<WebEncoderOptions>(static options => options.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        services.Configure<CookieTempDataProviderOptions>(static options => options.Cookie = new SiteCookie("pgw-notice"));
        var framework = services.BuildServiceProvider();

        var line = new ApplicationBuilder(framework);
        line.Use(site.HandleAsync);
        line.UseRouting();
        line.UseEndpoints(static endpoints =>
        {
            endpoints.MapSiteAssets();
            endpoints.MapRazorPages();
        });
        return (framework, line.Build());
    }

    /// <summary>What a call of the site is served with: the gateway's own things by the gateway, so that options are those that were set; the rest by the framework where it has it.</summary>
    private sealed class Both(IServiceProvider framework, IServiceProvider gateway) : IServiceProvider
    {
        public object? GetService(Type serviceType) => IsOurs(serviceType)
            ? gateway.GetService(serviceType) ?? framework.GetService(serviceType)
            : framework.GetService(serviceType) ?? gateway.GetService(serviceType);

        private static bool IsOurs(Type type) =>
            type.Namespace?.StartsWith("PluginGateway.", StringComparison.Ordinal) == true || Array.Exists(type.GenericTypeArguments, IsOurs);
    }
}
