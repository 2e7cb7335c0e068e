using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests the accessibility of every page, in light and dark, on a desktop and on a phone.</summary>
[Collection(nameof(SiteWorld))]
public sealed class AccessibilityTests(SiteWorld world)
{
    private const int Phone = 390;
    private const int Desk = 1280;

    [Fact]
    public async Task Every_page_is_accessible_in_light_and_dark_and_fits_a_phone()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        using var browser = await Browser.SignedInAsync(world.Gateway, "looker", Role.Admin);
        var violations = new List<string>();
        foreach (var route in world.Routes.Where(
            r => r.Template is not ("admin/reports.csv" or "admin/reports/{id}/files/{file:long}" or "admin/templates/frame" or "admin/set-up/{token}"
                or "admin/sign-in/with-openid")))
        {
            var address = await world.AddressAsync(route);
            browser.Scheme("light").Resize(Desk, 900).Go(address);
            Check(route, "light", Desk);
            browser.Scheme("dark").Resize(Phone, 900);
            Check(route, "dark", Phone);
        }

        Assert.Empty(violations);

        void Check(PageRoute route, string scheme, int width)
        {
            violations.AddRange(browser.Violations().Select(c => $"{route}, {scheme}, {width}: {c}"));
            if (!browser.FitsItsWindow)
                violations.Add($"{route} is wider than a window of {width}.");
        }
    }

    [Fact]
    public async Task Sign_in_and_content_can_be_reached_with_the_keyboard()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Assert.True((await world.Gateway.Get<AccountStore>()
            .CreateAsync("keys", Visitor.Password, new Rights(Role.Viewer, []), "a test", first: null, default)).Done);
        using var browser = Browser.Open(world.Gateway);

        // The skip link, the site's name, then the fields.
        browser.Go("/admin").Keys("\t").Keys("\t").Keys("\t").Keys("keys").Keys("\t").Keys(Visitor.Password).Keys("\n");
        await browser.WaitForAsync("Problems");
        browser.Keys("\t");

        Assert.Equal("Skip to content", browser.Focused);
    }
}
