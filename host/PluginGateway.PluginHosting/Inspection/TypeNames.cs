using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Formats types from metadata as names without assembly or version, so that they can be compared across assemblies.</summary>
internal sealed class TypeNames : ISignatureTypeProvider<string, Signatures>
{
    /// <summary>No compiler emits types nested deeper than this, but invalid metadata can declare a type as nested in itself.</summary>
    public const int MaxDepth = 32;

    public static readonly TypeNames Provider = new();

    /// <summary>Returns the name of a type reference, including the declaring types of a nested type.</summary>
    public static string Of(MetadataReader reader, TypeReferenceHandle handle) => Of(reader, handle, 0);

    public static string Of(MetadataReader reader, TypeDefinitionHandle handle) => Of(reader, handle, 0);

    /// <summary>Returns the name and signature of a method.</summary>
    public static string Member(string name, MethodSignature<string> signature) =>
        $"{name}`{signature.GenericParameterCount}({string.Join(",", signature.ParameterTypes)}):{signature.ReturnType}";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{shape.Rank}]";

    public string GetByReferenceType(string elementType) => elementType + "&";

    public string GetFunctionPointerType(MethodSignature<string> signature) => Member("*", signature);

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(",", typeArguments)}>";

    public string GetGenericMethodParameter(Signatures genericContext, int index) => $"!!{index}";

    public string GetGenericTypeParameter(Signatures genericContext, int index) => $"!{index}";

    // The modifiers of init-only setters and required members are part of the signature for the runtime too.
    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) =>
        $"{unmodifiedType} {(isRequired ? "modreq" : "modopt")} {modifier}";

    public string GetPinnedType(string elementType) => elementType;

    public string GetPointerType(string elementType) => elementType + "*";

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Of(reader, handle);

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Of(reader, handle);

    public string GetTypeFromSpecification(MetadataReader reader, Signatures genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        genericContext.CanRead(reader, reader.GetTypeSpecification(handle).Signature)
            ? reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext)
            : "?";

    private static string Of(MetadataReader reader, TypeDefinitionHandle handle, int depth)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer && depth < MaxDepth
            ? $"{Of(reader, outer, depth + 1)}+{name}"
            : Full(reader, type.Namespace, name);
    }

    private static string Of(MetadataReader reader, TypeReferenceHandle handle, int depth)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference && depth < MaxDepth
            ? $"{Of(reader, (TypeReferenceHandle)type.ResolutionScope, depth + 1)}+{name}"
            : Full(reader, type.Namespace, name);
    }

    private static string Full(MetadataReader reader, StringHandle space, string name) => space.IsNil ? name : $"{reader.GetString(space)}.{name}";
}
