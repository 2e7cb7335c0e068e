namespace PluginGateway.Testing.SqlServer;

/// <summary>Parses the requests of a client.</summary>
internal static class TdsRequests
{
    private const ushort ByNumber = 0xFFFF;
    private const ushort ExecuteSql = 10;

    public static ushort TransactionOf(byte[] message)
    {
        var reader = new TdsReader(message);
        reader.SkipHeaders();
        return reader.UInt16();
    }

    public static string TextOf(byte[] message)
    {
        var reader = new TdsReader(message);
        reader.SkipHeaders();
        return reader.Rest();
    }

    /// <summary>
    /// Parses statements with parameters. They arrive as calls of sp_executesql, several in one message when the client sends a batch.
    /// </summary>
    public static IReadOnlyList<TdsRequest> ProceduresOf(byte[] message)
    {
        var reader = new TdsReader(message);
        reader.SkipHeaders();
        var requests = new List<TdsRequest>();
        while (!reader.AtEnd)
        {
            if (reader.UInt16() != ByNumber || reader.UInt16() != ExecuteSql)
                throw new NotSupportedException("The double supports only sp_executesql.");
            reader.UInt16();
            var parameters = new List<TsqlParameter>();
            while (!reader.AtEnd && !reader.SkipSeparator())
            {
                var name = reader.ShortText();
                reader.Byte();
                var (type, value) = reader.TypedValue();
                parameters.Add(new TsqlParameter(name, type, value));
            }

            // The first parameter is the statement, the second declares the types of the others.
            requests.Add(new TdsRequest((string)parameters[0].Value!, [.. parameters.Skip(2)]));
        }

        return requests;
    }
}

/// <summary>A statement to run.</summary>
internal sealed record TdsRequest(string Sql, IReadOnlyList<TsqlParameter> Parameters);
