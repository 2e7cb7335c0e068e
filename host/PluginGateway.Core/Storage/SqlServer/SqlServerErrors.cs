using Microsoft.Data.SqlClient;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>Classifies errors of SQL Server by what they mean for a write.</summary>
internal static class SqlServerErrors
{
    /// <summary>
    /// Whether the transaction was rolled back and may succeed when it is run again: a duplicate key (the next run finds the row), a
    /// deadlock, a lock time-out or a snapshot conflict.
    /// </summary>
    public static bool IsLostRace(SqlException e) => Any(e, static n => n is 2601 or 2627 or 1205 or 1204 or 1222 or 3960 or 3935 or 41302 or 41305 or 41325);

    /// <summary>Whether the server is unavailable, busy or failing over. If no commit was requested, nothing was stored.</summary>
    public static bool IsTransient(SqlException e) => Any(e, static n => n is
        -2 or 0 or 2 or 20 or 53 or 64 or 121 or 233 or 258 or 596 or 601 or 615 or 701 or 802 or 921 or 922 or 924 or 926 or 951 or 976 or 978 or 979
        or 982 or 983 or 4060 or 4221 or 6005 or 8645 or 8651 or 9001 or 10053 or 10054 or 10060 or 10061 or 10928 or 10929 or 11001 or 17142 or 17197 or 18401
        or 40143 or 40197 or 40501 or 40540 or 40613 or 42108 or 42109 or 49918 or 49919 or 49920);

    /// <summary>
    /// Whether the server refuses access or writes: for example a full disk, a read-only database, a missing database or an unknown user.
    /// </summary>
    public static bool IsRefusal(SqlException e) =>
        IsFull(e) || IsReadOnly(e) || Any(e, static n => n is 229 or 262 or 823 or 824 or 825 or 916 or 945 or 18452 or 18456 or 18470 or 18488);

    public static bool IsFull(SqlException e) => Any(e, static n => n is 1101 or 1105 or 9002 or 40544);

    public static bool IsReadOnly(SqlException e) => Any(e, static n => n is 3906 or 3908);

    private static bool Any(SqlException e, Func<int, bool> matches)
    {
        foreach (SqlError error in e.Errors)
            if (matches(error.Number))
                return true;
        return false;
    }
}
