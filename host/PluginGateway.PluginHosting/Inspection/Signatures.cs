using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>
/// Reads signatures of metadata that nobody vouches for. Reading one goes as deep as it is nested, so that its length is bounded, with all that
/// it leads to: no compiler writes longer ones, and a deep one would end the process.
/// </summary>
internal sealed class Signatures
{
    private const int MaxLength = 2_048;

    private int _left = MaxLength;

    private Signatures()
    {
    }

    /// <summary>A method's signature, as texts; null when it is too long to be read.</summary>
    public static MethodSignature<string>? Of(MetadataReader reader, MethodDefinition method) =>
        Begin(reader, method.Signature) is { } budget ? method.DecodeSignature(TypeNames.Provider, budget) : null;

    /// <summary>The signature of a method of another assembly.</summary>
    public static MethodSignature<string>? OfMethod(MetadataReader reader, MemberReference member) =>
        Begin(reader, member.Signature) is { } budget ? member.DecodeMethodSignature(TypeNames.Provider, budget) : null;

    /// <summary>The type of a field of another assembly.</summary>
    public static string? OfField(MetadataReader reader, MemberReference member) =>
        Begin(reader, member.Signature) is { } budget ? member.DecodeFieldSignature(TypeNames.Provider, budget) : null;

    /// <summary>The type of a field.</summary>
    public static string? Of(MetadataReader reader, FieldDefinition field) =>
        Begin(reader, field.Signature) is { } budget ? field.DecodeSignature(TypeNames.Provider, budget) : null;

    /// <summary>A type that is written as a signature.</summary>
    public static string? Of(MetadataReader reader, TypeSpecificationHandle handle) =>
        Begin(reader, reader.GetTypeSpecification(handle).Signature) is { } budget
            ? reader.GetTypeSpecification(handle).DecodeSignature(TypeNames.Provider, budget)
            : null;

    /// <summary>Takes what the next part is long from what may still be read: a part may lead to itself.</summary>
    public bool CanRead(MetadataReader reader, BlobHandle signature) => (_left -= Math.Max(1, reader.GetBlobReader(signature).Length)) >= 0;

    private static Signatures? Begin(MetadataReader reader, BlobHandle signature)
    {
        var budget = new Signatures();
        return budget.CanRead(reader, signature) ? budget : null;
    }
}
