using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApplicationModels;

namespace PluginGateway.Admin.Access;

/// <summary>Puts each page's rule before it.</summary>
internal sealed class AccessConvention : IPageApplicationModelConvention
{
    public void Apply(PageApplicationModel model)
    {
        var needs = model.ModelType?.GetCustomAttribute<NeedsAttribute>()
            ?? throw new InvalidOperationException($"{model.RelativePath} does not say who may use it: its model has no {nameof(NeedsAttribute)}.");
        model.Filters.Add(new AccessFilter(needs));
        model.Filters.Add(new FormFilter());
    }
}
