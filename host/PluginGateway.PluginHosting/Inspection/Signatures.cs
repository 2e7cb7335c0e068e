using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>
/// Decodes signatures from untrusted metadata. Decoding recurses as deeply as a signature is nested, so the total length of a signature and of
/// all signatures it refers to is limited. No compiler emits longer ones, and a very deep one would overflow the stack and end the process.
/// </summary>
internal sealed class Signatures
{
    private const int MaxLength = 2_048;

    private int _left = MaxLength;

    private Signatures()
    {
    }

    /// <summary>Returns the signature of a method with type names as strings; null if it is too long.</summary>
    public static MethodSignature<string>? Of(MetadataReader reader, MethodDefinition method) =>
        Begin(reader, method.Signature) is { } budget ? method.DecodeSignature(TypeNames.Provider, budget) : null;

    /// <summary>Returns the signature of a method of another assembly; null if it is too long.</summary>
    public static MethodSignature<string>? OfMethod(MetadataReader reader, MemberReference member) =>
        Begin(reader, member.Signature) is { } budget ? member.DecodeMethodSignature(TypeNames.Provider, budget) : null;

    /// <summary>Returns the type of a field of another assembly; null if its signature is too long.</summary>
    public static string? OfField(MetadataReader reader, MemberReference member) =>
        Begin(reader, member.Signature) is { } budget ? member.DecodeFieldSignature(TypeNames.Provider, budget) : null;

    /// <summary>Returns the type of a field; null if its signature is too long.</summary>
    public static string? Of(MetadataReader reader, FieldDefinition field) =>
        Begin(reader, field.Signature) is { } budget ? field.DecodeSignature(TypeNames.Provider, budget) : null;

    /// <summary>Returns the type that a type specification describes; null if its signature is too long.</summary>
    public static string? Of(MetadataReader reader, TypeSpecificationHandle handle) =>
        Begin(reader, reader.GetTypeSpecification(handle).Signature) is { } budget
            ? reader.GetTypeSpecification(handle).DecodeSignature(TypeNames.Provider, budget)
            : null;

    /// <summary>Subtracts the length of a nested signature from the budget and returns whether it may be read. A signature can refer to itself.</summary>
    public bool CanRead(MetadataReader reader, BlobHandle signature) => (_left -= Math.Max(1, reader.GetBlobReader(signature).Length)) >= 0;

    private static Signatures? Begin(MetadataReader reader, BlobHandle signature)
    {
        var budget = new Signatures();
        return budget.CanRead(reader, signature) ? budget : null;
    }
}
