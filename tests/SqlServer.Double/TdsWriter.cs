using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Writes the tokens of one response.</summary>
internal sealed class TdsWriter
{
    private static readonly byte[] Collation = [0x09, 0x04, 0xD0, 0x00, 0x34];

    private readonly MemoryStream _out = new();

    public ReadOnlyMemory<byte> Content => _out.GetBuffer().AsMemory(0, (int)_out.Length);

    public TdsWriter PreLogin()
    {
        // The version, no encryption, no instance name, no multiple active result sets.
        ReadOnlySpan<(byte Option, byte[] Value)> options = [(0, [15, 0, 0x07, 0xD0, 0, 0]), (1, [2]), (2, [0]), (3, []), (4, [0])];
        var at = (5 * options.Length) + 1;
        foreach (var (option, value) in options)
        {
            _out.Write([option, (byte)(at >> 8), (byte)at, 0, (byte)value.Length]);
            at += value.Length;
        }

        _out.WriteByte(0xFF);
        foreach (var (_, value) in options)
            _out.Write(value);
        return this;
    }

    public TdsWriter LoggedIn(string database, int packetSize)
    {
        Environment(1, Short(database), Short(""));
        Environment(7, [(byte)Collation.Length, .. Collation], [0]);
        Environment(4, Short(packetSize.ToString(CultureInfo.InvariantCulture)), Short("4096"));
        byte[] name = [.. Short("Microsoft SQL Server")];
        _out.WriteByte(0xAD);
        Write16(1 + 4 + name.Length + 4);
        _out.Write([1, 0x74, 0, 0, 4, .. name, 15, 0, 0x07, 0xD0]);
        return Done(0xFD, null, 0);
    }

    public TdsWriter WasReset()
    {
        Environment(18, [0], [0]);
        return this;
    }

    public TdsWriter Began(long transaction) => Environment(8, Descriptor(transaction), [0]).Done(0xFD, null, 0);

    public TdsWriter Ended(long transaction, bool committed) => Environment((byte)(committed ? 9 : 10), [0], Descriptor(transaction)).Done(0xFD, null, 0);

    public TdsWriter Columns(IReadOnlyList<ResultColumn> columns)
    {
        _out.WriteByte(0x81);
        Write16(columns.Count);
        foreach (var column in columns)
        {
            _out.Write([0, 0, 0, 0, 1, 0]);
            _out.Write(column.Type switch
            {
                ResultType.Int => [0x26, 4],
                ResultType.BigInt => [0x26, 8],
                ResultType.Float => [0x6D, 8],
                ResultType.NVarChar => [0xE7, 0x40, 0x1F, .. Collation],
                _ => [0xA5, 0xFF, 0xFF],
            });
            _out.Write(Short(column.Name));
        }

        return this;
    }

    public TdsWriter Row(IReadOnlyList<ResultColumn> columns, object?[] values)
    {
        _out.WriteByte(0xD1);
        for (var i = 0; i < columns.Count; i++)
            switch (columns[i].Type)
            {
                case ResultType.Int:
                    Fixed(values[i] is long number ? BitConverter.GetBytes((int)number) : []);
                    break;
                case ResultType.BigInt:
                    Fixed(values[i] is long big ? BitConverter.GetBytes(big) : []);
                    break;
                case ResultType.Float:
                    Fixed(values[i] is { } real ? BitConverter.GetBytes(Convert.ToDouble(real, CultureInfo.InvariantCulture)) : []);
                    break;
                case ResultType.NVarChar:
                    Counted(values[i] is string text ? Encoding.Unicode.GetBytes(text) : null);
                    break;
                default:
                    Pieces((byte[]?)values[i]);
                    break;
            }

        return this;
    }

    public TdsWriter Error(int number, string message)
    {
        byte[] body = [.. BitConverter.GetBytes(number), 1, 16, .. BitConverter.GetBytes((ushort)message.Length), .. Encoding.Unicode.GetBytes(message),
            .. Short("double"), .. Short(""), 1, 0, 0, 0];
        _out.WriteByte(0xAA);
        Write16(body.Length);
        _out.Write(body);
        return this;
    }

    /// <summary>Writes the end of a statement (0xFF within a procedure, 0xFD otherwise) or of a procedure (0xFE).</summary>
    public TdsWriter Done(byte token, long? count, ushort command, bool more = false, bool failed = false, bool cancelled = false)
    {
        var status = (more ? 1 : 0) | (failed ? 2 : 0) | (count is null ? 0 : 0x10) | (cancelled ? 0x20 : 0);
        _out.WriteByte(token);
        Write16(status);
        Write16(command);
        _out.Write(BitConverter.GetBytes(count ?? 0));
        return this;
    }

    public TdsWriter ReturnStatus()
    {
        _out.Write([0x79, 0, 0, 0, 0]);
        return this;
    }

    private TdsWriter Environment(byte type, ReadOnlySpan<byte> now, ReadOnlySpan<byte> before)
    {
        _out.WriteByte(0xE3);
        Write16(1 + now.Length + before.Length);
        _out.WriteByte(type);
        _out.Write(now);
        _out.Write(before);
        return this;
    }

    private static byte[] Descriptor(long transaction) => [8, .. BitConverter.GetBytes(transaction)];

    private static byte[] Short(string text) => [(byte)text.Length, .. Encoding.Unicode.GetBytes(text)];

    private void Fixed(byte[] value)
    {
        _out.WriteByte((byte)value.Length);
        _out.Write(value);
    }

    private void Counted(byte[]? value)
    {
        Write16(value?.Length ?? 0xFFFF);
        _out.Write(value);
    }

    private void Pieces(byte[]? value)
    {
        _out.Write(BitConverter.GetBytes(value is null ? ulong.MaxValue : (ulong)value.Length));
        if (value is null)
            return;
        if (value.Length > 0)
        {
            _out.Write(BitConverter.GetBytes(value.Length));
            _out.Write(value);
        }

        _out.Write([0, 0, 0, 0]);
    }

    private void Write16(int value)
    {
        Span<byte> two = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(two, (ushort)value);
        _out.Write(two);
    }
}

/// <summary>A column of a result as described to the client.</summary>
internal sealed record ResultColumn(string Name, ResultType Type);

internal enum ResultType
{
    Int,
    BigInt,
    Float,
    NVarChar,
    VarBinary,
}
