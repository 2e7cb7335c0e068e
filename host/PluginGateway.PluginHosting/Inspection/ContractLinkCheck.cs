using System.Collections.Frozen;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>
/// Finds types and members of the contracts that an assembly uses and this gateway's copy does not have. Comparing versions is not enough: a
/// plug-in built against a newer copy loads and works until the first call that reaches the new member.
/// </summary>
internal static class ContractLinkCheck
{
    private static readonly string Contracts = typeof(IAdapterPlugin).Assembly.GetName().Name!;
    private static readonly Lazy<FrozenSet<string>> Present = new(ReadOwn);

    /// <summary>Returns the missing types and members of the contracts under the names that an author uses in source code.</summary>
    public static IReadOnlyList<string> Missing(MetadataReader reader)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in reader.TypeReferences)
            if (IsOfContracts(reader, handle) && TypeNames.Of(reader, handle) is var type && !Present.Value.Contains(type))
                missing.Add(Short(type));

        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (Owner(reader, member.Parent) is not { } owner || !Present.Value.Contains(owner))
                continue;

            var name = reader.GetString(member.Name);
            var signature = member.GetKind() == MemberReferenceKind.Method
                ? Signatures.OfMethod(reader, member) is { } method ? TypeNames.Member(name, method) : null
                : $"{name}:{Signatures.OfField(reader, member)}";
            if (!Present.Value.Contains($"{owner}::{signature}"))
                missing.Add($"{Short(owner)}.{Plain(name)}");
        }

        return [.. missing];
    }

    private static string? Owner(MetadataReader reader, EntityHandle parent) => parent.Kind switch
    {
        HandleKind.TypeReference when IsOfContracts(reader, (TypeReferenceHandle)parent) => TypeNames.Of(reader, (TypeReferenceHandle)parent),
        // A constructed generic type of the contracts: only its name matters, because its members use !0 for the type argument.
        HandleKind.TypeSpecification => Signatures.Of(reader, (TypeSpecificationHandle)parent) is { } name
            && name.StartsWith(Contracts, StringComparison.Ordinal) ? name.Split('<')[0] : null,
        _ => null,
    };

    private static bool IsOfContracts(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        for (var depth = 0; depth < TypeNames.MaxDepth && scope.Kind == HandleKind.TypeReference; depth++)
            scope = reader.GetTypeReference((TypeReferenceHandle)scope).ResolutionScope;
        return scope.Kind == HandleKind.AssemblyReference
            && reader.StringComparer.Equals(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name, Contracts);
    }

    private static FrozenSet<string> ReadOwn()
    {
        using var stream = File.OpenRead(typeof(IAdapterPlugin).Assembly.Location);
        using var image = new PEReader(stream);
        var reader = image.GetMetadataReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            var name = TypeNames.Of(reader, handle);
            names.Add(name);
            foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
                names.Add($"{name}::{TypeNames.Member(reader.GetString(method.Name), Signatures.Of(reader, method)!.Value)}");
            foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
                names.Add($"{name}::{reader.GetString(field.Name)}:{Signatures.Of(reader, field)}");
        }

        return names.ToFrozenSet(StringComparer.Ordinal);
    }

    private static string Short(string type) => type[(type.LastIndexOf('.') + 1)..].Split('`')[0];

    private static string Plain(string member) =>
        member.StartsWith("get_", StringComparison.Ordinal) || member.StartsWith("set_", StringComparison.Ordinal) ? member[4..] : member;
}
