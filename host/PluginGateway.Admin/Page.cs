using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>As much of a list as a page shows at once. Each list of a page has a number of its own in the page's address.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Rows, PageLinks Links);

/// <summary>The ways to the parts before and after.</summary>
/// <param name="What">What the list is of: a page has several.</param>
/// <param name="Name">What its number is called in the address.</param>
/// <param name="Number">This part, from 1.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Request">The page that is shown.</param>
internal sealed record PageLinks(string What, string Name, int Number, int Count, HttpRequest Request)
{
    /// <summary>The address of another part: the page's own, with the other number in it.</summary>
    public string To(int number) => Request.Path + QueryString.Create(
        Request.Query.Where(q => q.Key != Name && q.Key != "handler").SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v)))
            .Append(new(Name, number.ToString(CultureInfo.InvariantCulture))));

    /// <summary>The part of a list that the address asks for.</summary>
    public static Page<T> Of<T>(IReadOnlyList<T> all, string what, string name, int size, HttpRequest request, bool fromTheEnd = false)
    {
        var count = Math.Max(1, (all.Count + size - 1) / size);
        var asked = int.TryParse(request.Query[name], CultureInfo.InvariantCulture, out var given) ? given : fromTheEnd ? count : 1;
        var number = Math.Clamp(asked, 1, count);
        return new Page<T>([.. all.Skip((number - 1) * size).Take(size)], new PageLinks(what, name, number, count, request));
    }
}
