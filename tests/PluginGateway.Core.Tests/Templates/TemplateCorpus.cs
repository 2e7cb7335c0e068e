namespace PluginGateway.Core.Tests.Templates;

/// <summary>
/// Templates that users might write by mistake or with malicious intent. Each is rejected with a specific problem, or renders within the
/// limits.
/// </summary>
internal static class TemplateCorpus
{
    /// <summary>Invalid templates, and a part of the first problem reported.</summary>
    public static IReadOnlyDictionary<string, (string Text, string Problem)> Invalid { get; } = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["empty"] = ("", "the template is empty or renders to nothing"),
        ["blank"] = (" \n\t\n", "the template is empty or renders to nothing"),
        ["too long"] = ("x".PadRight(100_001, 'x'), "the template is longer than 100000 characters"),
        ["tag cut off"] = ("Dear desk, {{ service", "{{ has no closing }}"),
        ["block cut off"] = ("{{ if address }}Address: {{ address }}", "The <end> statement"),
        ["superfluous end"] = ("{{ service }}{{ end }}", "Found <end> statement"),
        ["earlier syntax, block"] = ("{{#if address}}{{address}}{{/if}}", "syntax of earlier versions"),
        ["earlier syntax, list"] = ("Hello\n{{#each answers}}{{label}}{{/each}}", "syntax of earlier versions"),
        ["earlier syntax, braces"] = ("Hello {{{service}}}", "syntax of earlier versions"),
        ["misspelt"] = ("{{ servce }}", "unknown name servce; did you mean service?"),
        ["earlier name"] = ("{{ serviceCode }}", "unknown name serviceCode; did you mean service_code?"),
        ["misspelt in a branch that no sample executes"] = ("{{ service }}{{ if id == 'x' }}{{ adress }}{{ end }}",
            "unknown name adress; did you mean address?"),
        ["misspelt member"] = ("{{ for answer in answers }}{{ answer.lable }}{{ end }}", "unknown member lable; did you mean label?"),
        ["misspelt function"] = ("{{ service | string.upcse }}", "unknown function string.upcse"),
        ["misspelt function group"] = ("{{ service | strng.upcase }}", "unknown name strng"),
        ["value used outside its loop"] = ("{{ for answer in answers }}x{{ end }}{{ answer.label }}", "`answer` was not found"),
        ["state shared with the next template"] = ("{{ s = string; s.kept = description }}{{ service }}", "accessing target expression"),
        ["changed global format"] = ("{{ d = date; d.format = '%Y' }}{{ service }}", "accessing target expression"),
        ["evaluated text"] = ("{{ '1 + 1' | object.eval }}", "unknown function object.eval"),
        ["evaluated template"] = ("{{ '{{ service }}' | object.eval_template }}", "unknown function object.eval_template"),
        ["regular expression"] = ("{{ service | regex.match '^(a+)+$' }}", "unknown name regex"),
        ["include"] = ("{{ include 'report.sbn-txt' }}", "a template cannot include another template"),
        ["include_join"] = ("{{ include_join ['a'] ',' }}", "a template cannot include another template"),
        ["import"] = ("{{ import answers }}{{ service }}", "import is not available"),
        ["with"] = ("{{ with answers }}{{ size }}{{ end }}", "with is not available"),
        ["endless loop"] = ("{{ while true }}x{{ end }}", "iteration limit"),
        ["long loop"] = ("{{ for i in 1..1000000000 }}x{{ end }}", "LoopLimit"),
        ["loops in loops"] = ("{{ for i in 1..900 }}{{ for j in 1..900 }}x{{ end }}{{ end }}", "iteration limit"),
        ["endless table rows"] = ("{{ tablerow i in 1..1000000000 }}x{{ end }}", "LoopLimit"),
        ["recursion"] = ("{{ func f(x); ret f(x + 1); end }}{{ f 1 }}", "recursive depth limit"),
        ["mutual recursion"] = ("{{ func f(x); ret g(x); end; func g(x); ret f(x); end }}{{ f 1 }}", "recursive depth limit"),
        ["tree recursion"] = ("{{ func f(x); if x > 18; ret 1; end; ret f(x + 1) + f(x + 1); end }}{{ f 1 }}", "more than 200000 expressions"),
        ["nested calls"] = ("{{ " + Repeat("string.upcase(", 126) + "service" + Repeat(")", 126) + " }}", "depth limit"),
        ["nested calls of one letter"] = ("{{ func f(x); ret x; end }}{{ " + Repeat("f(", 600) + "1" + Repeat(")", 600) + " }}", "depth limit"),
        ["nested brackets"] = ("{{ " + Repeat("(", 5_000) + "1" + Repeat(")", 5_000) + " }}", "depth limit"),
        ["nested lists"] = ("{{ " + Repeat("[", 900) + "1" + Repeat("]", 900) + " }}", "depth limit"),
        ["nested groups"] = ("{{ " + Repeat("{a:", 600) + "1" + Repeat("}", 600) + " }}", "depth limit"),
        ["nested conditions"] = (Repeat("{{ if service }}", 1_000) + "x" + Repeat("{{ end }}", 1_000), "depth limit"),
        ["many operators"] = ("{{ " + Repeat("!", 1_800) + "true }}", "depth limit"),
        ["long chain"] = ("{{ service" + Repeat("|string.upcase", 1_000) + " }}", "depth limit"),
        ["long sum"] = ("{{ 1" + Repeat("+1", 5_000) + " }}", "depth limit"),
        ["range, size"] = ("{{ (1..1000000000) | array.size }}", "LoopLimit"),
        ["range, joined"] = ("{{ (1..1000000000) | array.join ',' }}", "LoopLimit"),
        ["range, sorted"] = ("{{ (1..1000000000) | array.sort }}", "LoopLimit"),
        ["range, printed"] = ("{{ 1..1000000000 }}", "LoopLimit"),
        ["padding left"] = ("{{ 'x' | string.pad_left 1000000000 }}", "LimitToString"),
        ["padding right"] = ("{{ 'x' | string.pad_right 300000000 | string.size }}", "LimitToString"),
        ["multiplied text"] = ("{{ 'x' * 1000000000 }}", "LimitToString"),
        ["concatenation in a loop"] = ("{{ s = 'aaaaaaaaaa' }}{{ for i in 1..999 }}{{ s = s + s }}{{ end }}{{ s }}", "longer than 65536 characters"),
        ["concatenation by a function"] = ("{{ s = 'aaaaaaaaaaaaaaaa' }}{{ for i in 1..40 }}{{ s = s | string.append s }}{{ end }}{{ s }}", "LimitToString"),
        ["concatenation by capture"] = ("{{ s = 'aaaaaaaaaaaaaaaa' }}{{ for i in 1..40 }}{{ capture s }}{{ s }}{{ s }}{{ end }}{{ end }}{{ s }}",
            "LimitToString"),
        ["concatenation by interpolation"] = ("{{ s = 'aaaaaaaaaaaaaaaa' }}{{ for i in 1..40 }}{{ s = $'{s}{s}' }}{{ end }}{{ s }}",
            "longer than 65536 characters"),
        ["growing replacement"] = ("{{ s = 'aaaaaaaaaaaaaaaa' }}{{ for i in 1..20 }}{{ s = s | string.replace 'a' 'aaaaaaaaaa' }}{{ end }}{{ s }}",
            "LimitToString"),
        ["much output"] = ("{{ s = 'aaaaaaaaaa' * 1000 }}{{ for i in 1..999 }}{{ s }}{{ end }}", "OutputLimit"),
        ["huge number"] = ("{{ x = 10 }}{{ for i in 1..999 }}{{ x = x * x }}{{ end }}{{ x }}", "integer magnitude"),
        ["huge shift"] = ("{{ 1 << 2000000000 }}", "Shift amount"),
        ["huge format"] = ("{{ 1 | math.format 'D999999999' }}", "LimitToString"),
        ["list in itself"] = ("{{ a = [] }}{{ a[0] = a }}{{ a }}", "reference loops"),
        ["list in itself as JSON"] = ("{{ a = [] }}{{ a[0] = a }}{{ a | object.to_json }}", "reference loops"),
        ["list with a gap"] = ("{{ a = [] }}{{ a[1000000000] = 1 }}{{ a.size }}", "iteration limit"),
        ["doubling list"] = ("{{ a = [1] }}{{ for i in 1..60 }}{{ a = [a, a] }}{{ end }}{{ a }}", "nested"),
        ["tag cut off in a list"] = ("{{ for answer in answers }}{{ answer.label }}{{ end", "{{ has no closing }}"),
    };

    /// <summary>Valid templates, and a part of the result with the full sample.</summary>
    public static IReadOnlyDictionary<string, (string Text, string Result)> Valid { get; } = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["plain"] = ("Dear desk, see {{ service }}.", "Dear desk, see Pothole."),
        ["condition"] = ("{{ if address }}at {{ address }}{{ else }}somewhere{{ end }}", "at 5 High Street"),
        ["list"] = ("{{ for answer in answers }}{{ answer.label }}: {{ answer.value }}{{ end }}", "How big is it?: Large"),
        ["index in a list"] = ("{{ for line in description_lines }}{{ if !for.first }} / {{ end }}{{ line }}{{ end }}", "A deep hole / in front of number 5"),
        ["default"] = ("{{ phone ?? 'none' }}", "020 7946 0000"),
        ["function"] = ("{{ service | string.upcase }} {{ council | string.truncate 8 }}", "POTHOLE Sampl..."),
        ["own function"] = ("{{ func row(label, value) }}[{{ label }}={{ value }}]{{ end }}{{ row 'id' id }}", "[id=PG0000000000001]"),
        ["own value"] = ("{{ where = address ?? map_url }}{{ where }}", "5 High Street"),
        ["own group"] = ("{{ x = { colour: 'red' } }}{{ x.colour }}", "red"),
        ["capture"] = ("{{ capture where }}at {{ address }}{{ end }}{{ where }}", "at 5 High Street"),
        ["comment"] = ("{{ # for the desk }}{{ id }}", "PG0000000000001"),
        ["case"] = ("{{ case service_code }}{{ when 'POTHOLE' }}Roads{{ else }}Desk{{ end }}", "Roads"),
        ["few nested calls"] = ("{{ " + Repeat("string.upcase(", 25) + "service" + Repeat(")", 25) + " }}", "POTHOLE"),
        ["variable named like a function group"] = ("{{ string = 'mine' }}{{ string }}", "mine"),
    };

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
