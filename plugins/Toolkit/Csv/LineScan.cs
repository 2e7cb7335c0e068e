namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>Finds the ends of lines that are not empty.</summary>
/// <param name="stream">The content, positioned where the scan starts.</param>
/// <param name="at">The offset of that position in the file.</param>
/// <param name="line">The number of the line at that position.</param>
internal sealed class LineScan(Stream stream, long at, long line)
{
    private readonly byte[] _piece = new byte[64 << 10];
    private long _at = at;
    private long _line = line;
    private int _next;
    private int _length;

    /// <summary>Returns where the next non-empty line ends, its number, and whether it contains a quotation mark.</summary>
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
