namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>Looks for the ends of lines that have anything in them.</summary>
/// <param name="stream">The bytes, from where the scan begins.</param>
/// <param name="at">How far into the file that is.</param>
/// <param name="line">The number of the line there.</param>
internal sealed class LineScan(Stream stream, long at, long line)
{
    private readonly byte[] _piece = new byte[64 << 10];
    private long _at = at;
    private long _line = line;
    private int _next;
    private int _length;

    /// <summary>Where the next line with anything in it ends, its number, and whether there is a quotation mark in it.</summary>
    public async Task<(long End, long Line, bool HasQuote)> NextAsync(CancellationToken cancellationToken)
    {
        var (hasText, hasQuote) = (false, false);
        while (true)
        {
            if (_next == _length)
            {
                _length = await stream.ReadAsync(_piece, cancellationToken);
                _next = 0;
                if (_length == 0)
                    return (_at, _line, hasQuote);
            }

            var letter = _piece[_next++];
            _at++;
            if (letter == '\n' && hasText)
                return (_at, _line++, hasQuote);
            _line += letter == '\n' ? 1 : 0;
            hasText |= letter is not ((byte)'\n' or (byte)'\r');
            hasQuote |= letter == '"';
        }
    }
}
