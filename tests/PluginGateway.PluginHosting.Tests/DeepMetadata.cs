using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>
/// Writes an assembly that no compiler would produce: a signature nested 100,000 levels deep, a type specification that contains itself,
/// and a type nested in itself.
/// </summary>
internal static class DeepMetadata
{
    private const int Depth = 100_000;

    public static void Write(string path)
    {
        var metadata = new MetadataBuilder();
        metadata.AddModule(0, metadata.GetOrAddString("Deep.dll"), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(metadata.GetOrAddString("Deep"), new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        var json = metadata.AddAssemblyReference(metadata.GetOrAddString("System.Text.Json"), new Version(10, 0), default, default, default, default);
        var serializer = metadata.AddTypeReference(json, metadata.GetOrAddString("System.Text.Json"), metadata.GetOrAddString("JsonSerializer"));

        var deep = new BlobBuilder();
        deep.WriteByte(0);
        deep.WriteByte(1);
        deep.WriteByte((byte)SignatureTypeCode.Void);
        deep.WriteBytes((byte)SignatureTypeCode.Pointer, Depth);
        deep.WriteByte((byte)SignatureTypeCode.Void);
        metadata.AddMemberReference(serializer, metadata.GetOrAddString("Serialize"), metadata.GetOrAddBlob(deep));

        // modopt(itself) string
        var itself = new BlobBuilder();
        itself.WriteByte((byte)SignatureTypeCode.OptionalModifier);
        itself.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(MetadataTokens.TypeSpecificationHandle(1)));
        itself.WriteByte((byte)SignatureTypeCode.String);
        var circle = metadata.AddTypeSpecification(metadata.GetOrAddBlob(itself));
        metadata.AddMemberReference(circle, metadata.GetOrAddString("Any"), metadata.GetOrAddBlob(deep));

        // A type that is nested in itself, as the element of an array.
        var inner = metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("Inner"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        metadata.AddNestedType(inner, inner);
        var list = new BlobBuilder();
        list.WriteByte((byte)SignatureTypeCode.SZArray);
        list.WriteByte((byte)SignatureTypeKind.Class);
        list.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(inner));
        metadata.AddMemberReference(metadata.AddTypeSpecification(metadata.GetOrAddBlob(list)), metadata.GetOrAddString("Any"), metadata.GetOrAddBlob(deep));

        var image = new BlobBuilder();
        new ManagedPEBuilder(new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll), new MetadataRootBuilder(metadata), new BlobBuilder()).Serialize(
            image);
        using var file = File.Create(path);
        image.WriteContentTo(file);
    }
}
