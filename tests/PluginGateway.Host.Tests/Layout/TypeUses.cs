using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>Finds the types that the compiled code of a type uses: in signatures, attributes and method bodies.</summary>
internal static class TypeUses
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly FrozenDictionary<short, OpCode> Codes =
        typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToFrozenDictionary(c => c.Value);

    /// <summary>Returns the used types, with generic types, arrays and references resolved to their definitions and elements.</summary>
    public static IReadOnlySet<Type> Of(Type type)
    {
        var uses = new HashSet<Type>();
        Add(uses, type.BaseType);
        foreach (var contract in type.GetInterfaces())
            Add(uses, contract);
        foreach (var field in type.GetFields(All))
            Add(uses, field.FieldType);
        AddAttributes(uses, type);
        foreach (var method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
        {
            AddSignature(uses, method);
            AddAttributes(uses, method);
            AddBody(uses, method);
        }

        return uses;
    }

    private static void AddAttributes(HashSet<Type> uses, MemberInfo member)
    {
        foreach (var attribute in member.GetCustomAttributesData())
        {
            Add(uses, attribute.AttributeType);
            foreach (var argument in attribute.ConstructorArguments)
                Add(uses, argument.Value as Type);
        }
    }

    private static void AddSignature(HashSet<Type> uses, MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
            Add(uses, parameter.ParameterType);
        if (method is not MethodInfo { } returning)
            return;
        Add(uses, returning.ReturnType);
        foreach (var argument in method.GetGenericArguments())
            Add(uses, argument);
    }

    private static void AddBody(HashSet<Type> uses, MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } code)
            return;
        foreach (var local in body.LocalVariables)
            Add(uses, local.LocalType);

        var typeArguments = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        foreach (var token in Tokens(code))
            AddMember(uses, method.Module.ResolveMember(token, typeArguments, methodArguments));
    }

    private static void AddMember(HashSet<Type> uses, MemberInfo? member)
    {
        Add(uses, member as Type ?? member?.DeclaringType);
        if (member is MethodBase method)
            AddSignature(uses, method);
        else if (member is FieldInfo field)
            Add(uses, field.FieldType);
    }

    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            var opCode = code[at] == 0xFE ? Codes[(short)(0xFE00 | code[at + 1])] : Codes[code[at]];
            at += opCode.Size;
            if (opCode.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at));
            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at))),
                _ => 4,
            };
        }
    }

    private static void Add(HashSet<Type> uses, Type? type)
    {
        while (type?.HasElementType == true)
            type = type.GetElementType();
        if (type is null || (type.IsGenericParameter && !type.GetGenericParameterConstraints().Any(c => uses.Add(c))))
            return;
        if (type.IsGenericParameter)
            return;
        foreach (var argument in type.GetGenericArguments())
            if (!argument.IsGenericParameter)
                Add(uses, argument);
        uses.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
    }
}
