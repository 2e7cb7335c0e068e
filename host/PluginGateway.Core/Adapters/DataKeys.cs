using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Adapters;

/// <summary>Keeps the data-protection keys in the database, where every host finds them.</summary>
internal sealed class DataKeys(ISyncDatabase database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. database.Query<string>("SELECT content FROM data_key", null).Select(XElement.Parse)];

    public void StoreElement(XElement element, string friendlyName) => database.Execute(
        "INSERT INTO data_key (id, content) VALUES (@id, @content)",
        new { id = $"{friendlyName}-{Guid.NewGuid():N}", content = element.ToString(SaveOptions.DisableFormatting) });
}
