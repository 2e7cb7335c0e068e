using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Writes types of metadata as texts that are the same whichever assembly they are read from: names without assembly or version.</summary>
internal sealed class TypeNames : ISignatureTypeProvider<string, Signatures>
{
    /// <summary>Types nested deeper than this do not come from a compiler; metadata can say that a type is nested in itself.</summary>
    public const int MaxDepth = 32;

    public static readonly TypeNames Provider = new();

    /// <summary>The name of a type reference, with the types around a nested one.</summary>
    public static string Of(MetadataReader reader, TypeReferenceHandle handle) => Of(reader, handle, 0);

    public static string Of(MetadataReader reader, TypeDefinitionHandle handle) => Of(reader, handle, 0);

    /// <summary>A method's or field's name and signature.</summary>
    public static string Member(string name, MethodSignature<string> signature) =>
        $"{name}`{signature.GenericParameterCount}({string.Join(",", signature.ParameterTypes)}):{signature.ReturnType}";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{shape.Rank}]";

    public string GetByReferenceType(string elementType) => elementType + "&";

    public string GetFunctionPointerType(MethodSignature<string> signature) => Member("*", signature);

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(",", typeArguments)}>";

    public string GetGenericMethodParameter(Signatures genericContext, int index) => $"!!{index}";

    public string GetGenericTypeParameter(Signatures genericContext, int index) => $"!{index}";

    // What init-only setters and required members carry is part of the signature for the runtime too.
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
