using System.Globalization;
using Deque.AxeCore.Commons;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>A real browser: Debian's Chromium with its driver.</summary>
internal sealed class Browser : IDisposable
{
    public const string NotInstalled = "This machine has no chromium and chromium-driver: apt-get install chromium chromium-driver.";

    private static readonly string? Program = Find("chromium", "chromium-browser", "google-chrome");
    private static readonly string? Driver = Find("chromedriver");

    private readonly ChromeDriverService _service;
    private readonly ChromeDriver _chrome;
    private readonly Uri _gateway;

    private Browser(Uri gateway)
    {
        _gateway = gateway;
        _service = ChromeDriverService.CreateDefaultService(Path.GetDirectoryName(Driver), Path.GetFileName(Driver));
        _service.SuppressInitialDiagnosticInformation = true;
        var options = new ChromeOptions { BinaryLocation = Program };
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,1400", "--lang=en-GB");
        _chrome = new ChromeDriver(_service, options, TimeSpan.FromMinutes(2));
        _chrome.Manage().Timeouts().ImplicitWait = TimeSpan.Zero;
        _chrome.Manage().Timeouts().PageLoad = TimeSpan.FromMinutes(1);
    }

    public static bool IsInstalled => Program is not null && Driver is not null;

    public string Address => new Uri(_chrome.Url).PathAndQuery;

    /// <summary>The text of the page's main part, on one line.</summary>
    public string Text => OneLine(_chrome.FindElement(By.TagName("main")).Text);

    /// <summary>Opens a browser and signs in with a new account, by typing the name and password.</summary>
    public static async Task<Browser> SignedInAsync(GatewayApp gateway, string name, Role role, params string[] councils)
    {
        var made = await gateway.Get<AccountStore>().CreateAsync(name, Visitor.Password, new Rights(role, councils), "a test", first: null, default);
        Assert.True(made.Done, made.Text);
        var browser = Open(gateway);
        browser.Go("/admin").Type("name", name).Type("password", Visitor.Password).Press("Sign in");
        Assert.Equal("/admin", browser.Address);
        return browser;
    }

    public static Browser Open(GatewayApp gateway) => new(gateway.Address);

    public Browser Go(string path)
    {
        _chrome.Navigate().GoToUrl(new Uri(_gateway, path));
        return this;
    }

    /// <summary>Types into the field with a name or label, optionally within a part of the page.</summary>
    public Browser Type(string field, string text, string? within = null)
    {
        var element = Field(field, within);
        if (element.GetAttribute("type") is "date" or "datetime-local")
        {
            // The parts of such a field are typed in an order that depends on the browser's locale.
            _chrome.ExecuteScript("arguments[0].value = arguments[1]", element, text);
            return this;
        }

        element.Clear();
        element.SendKeys(text);
        return this;
    }

    public Browser Choose(string field, string option, string? within = null)
    {
        var element = Field(field, within);
        var found = element.FindElements(By.TagName("option")).FirstOrDefault(o => o.Text.Trim() == option || o.GetAttribute("value") == option)
            ?? throw new NoSuchElementException(
                $"{field} has no {option}; it has {string.Join(", ", element.FindElements(By.TagName("option")).Select(o => o.Text))}");
        found.Click();
        return this;
    }

    public Browser Tick(string label)
    {
        Shown($"//label[contains(normalize-space(.), {Quoted(label)})]//input").Click();
        return this;
    }

    /// <summary>Expands a details element.</summary>
    public Browser Expand(string summary, bool last = false)
    {
        Shown($"//summary[normalize-space(.) = {Quoted(summary)}]", last).Click();
        return this;
    }

    /// <summary>Presses a button that asks for confirmation, and confirms.</summary>
    public Browser PressAndConfirm(string button)
    {
        var before = _chrome.FindElement(By.TagName("html"));
        Shown($"//button[normalize-space(.) = {Quoted(button)} or @aria-label = {Quoted(button)}]").Click();
        _chrome.SwitchTo().Alert().Accept();
        return WaitForNextPage(before);
    }

    /// <summary>Returns the address of a link.</summary>
    public string LinkTo(string link) => new Uri(Shown($"//a[normalize-space(.) = {Quoted(link)}]").GetAttribute("href")!).PathAndQuery;

    /// <summary>Presses a button and waits for the next page.</summary>
    public Browser Press(string button, string? within = null) =>
        Follow(Shown($"{Within(within)}//button[normalize-space(.) = {Quoted(button)} or @aria-label = {Quoted(button)}]"));

    public Browser Click(string link) => Follow(Shown($"//a[normalize-space(.) = {Quoted(link)} or @aria-label = {Quoted(link)}]"));

    /// <summary>Reloads the page until it contains a text.</summary>
    public async Task<Browser> ReloadUntilAsync(string text)
    {
        await Eventually.TrueAsync(
            () =>
            {
                if (Text.Contains(text, StringComparison.Ordinal))
                    return true;
                _chrome.Navigate().Refresh();
                return Text.Contains(text, StringComparison.Ordinal);
            },
            $"\"{text}\" at {Address}: {Text}");
        return this;
    }

    /// <summary>Waits until the page contains a text, without reloading it.</summary>
    public async Task<Browser> WaitForAsync(string text)
    {
        await Eventually.TrueAsync(() => Text.Contains(text, StringComparison.Ordinal), $"\"{text}\" at {Address} without reloading");
        return this;
    }

    public Browser Reload()
    {
        _chrome.Navigate().Refresh();
        return this;
    }

    public string Title => _chrome.Title;

    public string ValueOf(string field, string? within = null) => Field(field, within).GetAttribute("value") ?? "";

    public string TextInFrame(string selector)
    {
        _chrome.SwitchTo().Frame(_chrome.FindElement(By.CssSelector(selector)));
        try
        {
            return OneLine(_chrome.FindElement(By.TagName("body")).Text);
        }
        finally
        {
            _chrome.SwitchTo().DefaultContent();
        }
    }

    /// <summary>The text of the focused element.</summary>
    public string Focused => _chrome.SwitchTo().ActiveElement().Text;

    /// <summary>Types into the focused element.</summary>
    public Browser Keys(string keys)
    {
        new OpenQA.Selenium.Interactions.Actions(_chrome).SendKeys(
            keys.Replace("\t", OpenQA.Selenium.Keys.Tab, StringComparison.Ordinal).Replace("\n", OpenQA.Selenium.Keys.Enter, StringComparison.Ordinal))
                .Perform();
        return this;
    }

    public string TextOf(string selector) => OneLine(_chrome.FindElement(By.CssSelector(selector)).Text);

    public int Count(string selector) => _chrome.FindElements(By.CssSelector(selector)).Count;

    /// <summary>Returns the serious and critical violations that axe-core finds on the page, and the browser's warnings.</summary>
    public IReadOnlyList<string> Violations()
    {
        var result = (string)_chrome.ExecuteAsyncScript(
            $$"""
            const done = arguments[arguments.length - 1];
            {{new BundledAxeScriptProvider().GetScript()}}
            axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
                .then(r => done(r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html).join(' ')).join('\n')))
                .catch(e => done('axe failed: ' + e));
            """)!;
        return [.. result.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            .. _chrome.Manage().Logs.GetLog(LogType.Browser).Where(l => l.Level >= LogLevel.Warning).Select(l => l.Message)];
    }

    /// <summary>Whether the page fits the width of the window without horizontal scrolling.</summary>
    public bool FitsItsWindow => (bool)_chrome.ExecuteScript("return document.documentElement.scrollWidth <= window.innerWidth")!;

    public Browser Resize(int width, int height)
    {
        _chrome.ExecuteCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            new Dictionary<string, object?> { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        return this;
    }

    public Browser Scheme(string scheme)
    {
        _chrome.ExecuteCdpCommand(
            "Emulation.setEmulatedMedia",
            new Dictionary<string, object?>
            {
                ["features"] =
                new object[] { new Dictionary<string, object> { ["name"] = "prefers-color-scheme", ["value"] = scheme } }
            });
        return this;
    }

    /// <summary>Takes a screenshot as WebP, which is a quarter of the size of a PNG.</summary>
    public byte[] Screenshot() => Convert.FromBase64String((string)((Dictionary<string, object?>)_chrome.ExecuteCdpCommand(
        "Page.captureScreenshot", new Dictionary<string, object?> { ["format"] = "webp", ["quality"] = 80 })!)["data"]!);

    public void Dispose()
    {
        _chrome.Quit();
        _chrome.Dispose();
        _service.Dispose();
    }

    private IWebElement Field(string name, string? within) => Shown(
        $"{Within(within)}//*[self::input or self::select or self::textarea][@name = {Quoted(name)} or @id = //label[normalize-space(.) = "
            + $"{Quoted(name)}]/@for]");

    /// <summary>Finds the first displayed element, or the last one.</summary>
    private IWebElement Shown(string path, bool last = false) =>
        _chrome.FindElements(By.XPath(path)).Where(IsShown).Take(last ? int.MaxValue : 1).LastOrDefault()
            ?? throw new NoSuchElementException($"{Address} shows no {path}:\n{Text}");

    /// <summary>Whether an element is displayed; an element that a live page has just replaced is not.</summary>
    private static bool IsShown(IWebElement element)
    {
        try
        {
            return element.Displayed;
        }
        catch (StaleElementReferenceException)
        {
            return false;
        }
    }

    private Browser Follow(IWebElement element)
    {
        var before = _chrome.FindElement(By.TagName("html"));
        element.Click();
        return WaitForNextPage(before);
    }

    private Browser WaitForNextPage(IWebElement before)
    {
        // The driver only waits for a load that has already begun, so wait until the old page is gone, even when the address stays the same.
        Assert.True(SpinWait.SpinUntil(() => IsGone(before), TimeSpan.FromMinutes(1)), $"No page followed {Address}.");
        return this;
    }

    private static bool IsGone(IWebElement element)
    {
        try
        {
            return !element.Enabled;
        }
        catch (StaleElementReferenceException)
        {
            return true;
        }
        catch (WebDriverException e) when (e.Message.Contains("does not belong to the document", StringComparison.Ordinal))
        {
            return true;
        }
    }

    private static string Within(string? part) =>
        part is null
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"//*[@id = {Quoted(part)} or self::form[.//h2[normalize-space(.) = {Quoted(part)}]] or self::tr[.//*[normalize-space(text()) = "
                    + $"{Quoted(part)}]]]");

    private static string Quoted(string text) => text.Contains('\'', StringComparison.Ordinal) ? $"\"{text}\"" : $"'{text}'";

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string? Find(params string[] names) => names
        .SelectMany(n => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, n)))
        .FirstOrDefault(File.Exists);
}
