using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Tests;

/// <summary>Every page as people meet it: with a screen reader, by keyboard, in the dark, on a phone.</summary>
[Collection(nameof(SiteWorld))]
public sealed class LooksTests(SiteWorld world)
{
    private const int Phone = 390;
    private const int Desk = 1280;

    [Fact]
    public async Task Every_page_can_be_used_by_everybody_in_light_and_dark_and_fits_a_phone()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        using var browser = await Browser.SignedInAsync(world.Gateway, "looker", Role.Admin);
        var complaints = new List<string>();
        foreach (var route in world.Routes.Where(
            r => r.Template is not ("admin/reports.csv" or "admin/reports/{id}/files/{file:long}" or "admin/templates/frame" or "admin/set-up/{token}")))
        {
            var address = await world.AddressAsync(route);
            browser.Scheme("light").Resize(Desk, 900).Go(address);
            Look(route, "light", Desk);
            browser.Scheme("dark").Resize(Phone, 900);
            Look(route, "dark", Phone);
        }

        Assert.Empty(complaints);

        void Look(PageRoute route, string scheme, int width)
        {
            complaints.AddRange(browser.Complaints().Select(c => $"{route}, {scheme}, {width}: {c}"));
            if (!browser.FitsItsWindow)
                complaints.Add($"{route} is wider than a window of {width}.");
        }
    }

    [Fact]
    public async Task Who_has_a_keyboard_only_gets_to_the_content_and_in()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        Assert.True((await world.Gateway.Get<AccountStore>()
            .CreateAsync("keys", Visitor.Password, new Rights(Role.Viewer, []), "a test", first: null, default)).Done);
        using var browser = Browser.Open(world.Gateway);

        // The skip link, the brand, then the fields.
        browser.Go("/admin").Keys("\t").Keys("\t").Keys("\t").Keys("keys").Keys("\t").Keys(Visitor.Password).Keys("\n");
        await browser.SeeLiveAsync("What is the matter");
        browser.Keys("\t");

        Assert.Equal("Skip to the content", browser.Focused);
    }
}
