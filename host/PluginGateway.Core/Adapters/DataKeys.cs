using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Adapters;

/// <summary>Keeps the data-protection keys in the database, where every host finds them.</summary>
internal sealed class DataKeys(ISyncDatabase database) : IXmlRepository
{
    private volatile bool _foundNone;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = database.Query<string>("SELECT content FROM data_key", null).Select(XElement.Parse).ToList();
        _foundNone = elements.Count == 0;
        return elements;
    }

    /// <summary>
    /// Stores a key. Of hosts that start together only one stores the first: the others find it, because they could not read for hours what is
    /// encrypted with a key that they do not know.
    /// </summary>
    public void StoreElement(XElement element, string friendlyName) => database.Execute(
        "INSERT INTO data_key (id, content) SELECT @id, @content WHERE NOT EXISTS (SELECT 1 FROM data_key WHERE id = @id)",
        new { id = _foundNone ? "first" : $"{friendlyName}-{Guid.NewGuid():N}", content = element.ToString(SaveOptions.DisableFormatting) });
}
