using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>One page of a list. Each list on a web page has a separate page number in the address.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Rows, PageLinks Links);

/// <summary>Links to the previous and the next page of a list.</summary>
/// <param name="What">The name of the list.</param>
/// <param name="Name">The name of its query parameter.</param>
/// <param name="Number">The current page, from 1.</param>
/// <param name="Count">The number of pages.</param>
/// <param name="Request">The current request.</param>
internal sealed record PageLinks(string What, string Name, int Number, int Count, HttpRequest Request)
{
    /// <summary>Returns the current address with another page number.</summary>
    public string To(int number) => Request.Path + QueryString.Create(
        Request.Query.Where(q => q.Key != Name && q.Key != "handler").SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v)))
            .Append(new(Name, number.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Returns the page of a list that the address requests.</summary>
    public static Page<T> Of<T>(IReadOnlyList<T> all, string what, string name, int size, HttpRequest request, bool fromTheEnd = false)
    {
        var count = Math.Max(1, (all.Count + size - 1) / size);
        var requested = int.TryParse(request.Query[name], CultureInfo.InvariantCulture, out var parsed) ? parsed : fromTheEnd ? count : 1;
        var number = Math.Clamp(requested, 1, count);
        return new Page<T>([.. all.Skip((number - 1) * size).Take(size)], new PageLinks(what, name, number, count, request));
    }
}
