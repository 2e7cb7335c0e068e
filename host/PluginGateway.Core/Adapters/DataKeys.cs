using System.Data.Common;
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
    /// Stores a key. Of hosts that start together only one stores the first, and the others use that one; otherwise they could not read, for hours,
    /// what is encrypted with a key that they have not loaded.
    /// </summary>
    public void StoreElement(XElement element, string friendlyName)
    {
        var isFirst = _foundNone;
        try
        {
            database.Execute(
                "INSERT INTO data_key (id, content) SELECT @id, @content WHERE NOT EXISTS (SELECT 1 FROM data_key WHERE id = @id)",
                new { id = isFirst ? "first" : $"{friendlyName}-{Guid.NewGuid():N}", content = element.ToString(SaveOptions.DisableFormatting) });
        }
        catch (DbException) when (isFirst && GetAllElements().Count > 0)
        {
            // Another host stored it at the same moment.
        }
    }
}
