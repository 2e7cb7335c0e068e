using System.Data.Common;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Adapters;

/// <summary>Stores the data-protection keys in the database, so that all hosts share them.</summary>
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
    /// Stores a key. When several hosts start at the same time, only one of them stores the first key, and the others use it. Otherwise, hosts could
    /// not decrypt each other's data for hours, until they load each other's keys.
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
            // Another host stored the first key at the same time.
        }
    }
}
