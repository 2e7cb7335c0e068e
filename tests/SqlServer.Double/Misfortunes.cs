using System.Collections.Concurrent;

namespace PluginGateway.Testing.SqlServer;

/// <summary>What goes wrong on purpose: the next statements that begin with a text fail or are not answered, or the connection breaks at a commit.</summary>
public sealed class Misfortunes
{
    private readonly ConcurrentDictionary<string, (int Number, int Left)> _errors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _hanging = new(StringComparer.Ordinal);
    private int _refusing;
    private int _breakBefore;
    private int _breakAfter;
    private volatile string _breakAfterText = "";

    /// <summary>The server is there and takes no log-in, as while it recovers.</summary>
    public bool RefusesAll
    {
        get => Volatile.Read(ref _refusing) == 1;
        set => Volatile.Write(ref _refusing, value ? 1 : 0);
    }

    /// <summary>Statements with this text fail, so many times, with this error number.</summary>
    public void Fail(string text, int number, int times) => _errors[text] = (number, times);

    /// <summary>Statements with this text are not answered, so many times, until the client gives up.</summary>
    public void Hang(string text, int times) => _hanging[text] = times;

    /// <summary>The connection breaks when a commit is asked for, before it is made.</summary>
    public void BreakBeforeCommit(int times) => Volatile.Write(ref _breakBefore, times);

    /// <summary>The commit is made and its answer is lost; that of a transaction with a statement that has this text in it.</summary>
    public void BreakAfterCommit(int times, string text = "")
    {
        _breakAfterText = text;
        Volatile.Write(ref _breakAfter, times);
    }

    internal bool BreaksBefore() => Take(ref _breakBefore);

    internal bool BreaksAfter(IEnumerable<string> statements) =>
        statements.Any(s => s.Contains(_breakAfterText, StringComparison.Ordinal)) && Take(ref _breakAfter);

    /// <summary>The error that this statement is to meet; 0 for none.</summary>
    internal int ErrorFor(string statement)
    {
        foreach (var (text, (number, left)) in _errors)
            if (left > 0 && statement.Contains(text, StringComparison.Ordinal) && _errors.TryUpdate(text, (number, left - 1), (number, left)))
                return number;
        return 0;
    }

    internal bool Hangs(string statement)
    {
        foreach (var (text, left) in _hanging)
            if (left > 0 && statement.Contains(text, StringComparison.Ordinal) && _hanging.TryUpdate(text, left - 1, left))
                return true;
        return false;
    }

    private static bool Take(ref int left) => Interlocked.Decrement(ref left) >= 0 || Interlocked.Increment(ref left) > int.MaxValue;
}
