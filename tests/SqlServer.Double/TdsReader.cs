using System.Buffers.Binary;
using System.Text;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Reads the fields of one message of the TDS protocol (MS-TDS): little-endian numbers and UTF-16 texts.</summary>
internal ref struct TdsReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>Skips the separator between two procedure calls of one message.</summary>
    public bool SkipSeparator()
    {
        if (_rest[0] != 0xFF)
            return false;
        Bytes(1);
        return true;
    }

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    /// <summary>Reads a text whose length in characters precedes it in one byte.</summary>
    public string ShortText() => Text(Byte());

    public string Text(int characters) => Encoding.Unicode.GetString(Bytes(2 * characters));

    public string Rest() => Encoding.Unicode.GetString(Bytes(_rest.Length));

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>Skips the headers of a request, such as the transaction descriptor.</summary>
    public void SkipHeaders() => Bytes((int)UInt32() - 4);

    /// <summary>Reads the type and the value of a parameter.</summary>
    public (string Type, object? Value) TypedValue()
    {
        var type = Byte();
        switch (type)
        {
            case 0x26:
                Byte();
                return Byte() switch
                {
                    0 => ("int", null),
                    1 => ("tinyint", (long)Byte()),
                    2 => ("smallint", (long)(short)UInt16()),
                    4 => ("int", (long)(int)UInt32()),
                    _ => ("bigint", (long)UInt64()),
                };
            case 0x68:
                Byte();
                return ("bit", Byte() == 0 ? null : (long)Byte());
            case 0x6D:
                Byte();
                return ("float", Byte() switch { 0 => null, 4 => BitConverter.UInt32BitsToSingle(UInt32()), _ => BitConverter.UInt64BitsToDouble(UInt64()) });
            case 0xE7:
                var maxLength = UInt16();
                Bytes(5);
                return ("nvarchar", Long(maxLength) is { } text ? Encoding.Unicode.GetString(text) : null);
            case 0x63:
                // The client sends statements longer than 4,000 characters as ntext.
                Bytes(4 + 5);
                return ("nvarchar", Encoding.Unicode.GetString(Bytes((int)UInt32())));
            case 0xA5:
                return ("varbinary", Long(UInt16()));
            default:
                throw new NotSupportedException($"The double does not support parameters of type 0x{type:X2}.");
        }
    }

    /// <summary>Reads bytes with a length prefix, or in chunks when their type allows more than 8,000.</summary>
    private byte[]? Long(ushort maxLength)
    {
        if (maxLength != 0xFFFF)
        {
            var length = UInt16();
            return length == 0xFFFF ? null : Bytes(length).ToArray();
        }

        if (UInt64() == ulong.MaxValue)
            return null;
        var all = new List<byte>();
        while (UInt32() is > 0 and var piece)
            all.AddRange(Bytes((int)piece));
        return [.. all];
    }
}
