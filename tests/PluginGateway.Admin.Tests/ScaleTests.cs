using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests the pages on a database of 100,000 reports, or of the number in <c>GATEWAY_TEST_REPORTS</c>.</summary>
public sealed partial class ScaleTests
{
    private static readonly int Reports = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_TEST_REPORTS") ?? "100000", CultureInfo.InvariantCulture);

    /// <summary>
    /// The maximum number of steps of SQLite's virtual machine. A page of 50 rows takes a few thousand steps, and the home page some for each of the 0.2 %
    /// of reports that are held; a scan of all reports takes some dozens for each.
    /// </summary>
    private static readonly long MaxSteps = Math.Max(100_000, Reports);

    [Fact]
    public async Task No_page_scans_all_reports()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "The test reads SQLite's query plans.");
        TracedDatabase? traced = null;
        await using var gateway = new GatewayApp().Council("mail", Some.EmailCouncil("mail", "\"mode\": \"queued\","))
            .Council("other", Some.EmailCouncil("other"))
            .Change(services => services.AddSingleton<IDatabase>(provider => traced = new TracedDatabase(provider.GetRequiredService<SqliteDatabase>())));
        await gateway.StartAsync();
        var pattern = (await gateway.PostAsync("mail", Some.Report())).Id!;
        await gateway.MailsAsync(1);
        var (first, step) = await SiteFill.AddAsync(gateway.Get<SqliteDatabase>(), pattern, "mail", "BIN", Reports);
        var (delivery, later, day) = (first + (7 * step), first + (1_007 * step),
            TimeProvider.System.GetUtcNow().AddDays(-9).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        using var all = await Visitor.SignedInAsync(gateway, Role.Admin);
        using var one = await Visitor.SignedInAsync(gateway, Role.Operator, "mail");
        using var both = await Visitor.SignedInAsync(gateway, Role.Operator, "mail", "other");

        var plans = new List<string>();
        foreach (var visitor in (Visitor[])[all, one, both])
            foreach (var address in (string[])
            [
                "/admin", "/admin/reports", "/admin/reports?council=mail", "/admin/reports?state=sent", "/admin/reports?state=sent&council=mail",
                "/admin/reports?state=unsent", "/admin/reports?state=held&council=mail",
                "/admin/reports?state=retrying&backend=email", "/admin/reports?state=pending", "/admin/reports?state=sending",
                "/admin/reports?state=cancelled", "/admin/reports?state=held&cause=The+code+is+not+known.",
                $"/admin/reports?q={SiteFill.Common}", $"/admin/reports?q={SiteFill.Rare}+{SiteFill.Often}", $"/admin/reports?q={SiteFill.Rare}&state=held",
                "/admin/reports?service=BIN&council=mail", "/admin/reports?service=BIN&state=held",
                $"/admin/reports?council=mail&before={later}", $"/admin/reports?before={later}", "/admin/reports?backend=email", "/admin/reports?backend=none",
                "/admin/reports?state=sent&backend=none&council=mail",
                $"/admin/reports?from={day}", $"/admin/reports?until={day}&from={day}&council=mail", $"/admin/reports?until={day}&state=sent",
                "/admin/reports?from=2001-01-01&until=2001-01-02", $"/admin/reports?q={SiteFill.Common}&until={day}",
                "/admin/reports?cause=The+code+is+not+known.", "/admin/reports?cause=nothing", "/admin/reports?cause=nothing&state=sent",
                $"/admin/reports/{delivery}", $"/admin/reports/{pattern}", "/admin/councils/mail", "/admin/councils/mail/services",
                "/admin/reports/bulk?state=held", "/admin/reports.csv?state=held", "/admin/audit", "/admin/audit?council=mail", "/admin/audit?who=nobody",
                "/admin/audit?act=nothing", "/admin/audit?of=nothing", $"/admin/audit?from={day}&until={day}", "/admin/me",
            ])
            {
                traced!.Reads.Clear();
                var before = traced.Steps;
                var seen = await visitor.GetAsync(address);
                if (traced.Steps - before > MaxSteps)
                    plans.Add($"{address}: {traced.Steps - before} steps");
                Assert.True(seen.Status == HttpStatusCode.OK, $"{address}: {seen.Status} {seen.Text}");
                Assert.True(seen.Body.Length < 100_000, $"{address}: {seen.Body.Length} characters");
                // Statements of background work may be included; the same applies to them.
                foreach (var sql in traced.Reads.Where(s => s.StartsWith("SELECT", StringComparison.Ordinal) || s.StartsWith("WITH", StringComparison.Ordinal))
                    .Distinct(StringComparer.Ordinal))
                    plans.AddRange((await traced.PlanAsync(sql)).Where(p => FullScan().IsMatch(p)).Select(p => $"{address}: {p}\n{sql}"));
            }

        Assert.True(plans.Count == 0, string.Join("\n\n", plans.Distinct(StringComparer.Ordinal)));
    }

    /// <summary>A full scan of a growing table or of a complete index, or an automatic index.</summary>
    [GeneratedRegex(
        @"AUTOMATIC|^SCAN (a|b|d|i|o|q|r|s|t|u|v|w|report|delivery|attempt|report_revision|report_alias|client_update|council_update|attachment|report_term|audit)( USING (COVERING )?INDEX (?!delivery_(due|on_hold|failing|stuck|paused|leased)).*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FullScan();
}
