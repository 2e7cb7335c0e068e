namespace PluginGateway.Core.Storage;

/// <summary>The SQL that differs between databases; all other statements are the same.</summary>
internal interface ISqlDialect
{
    /// <summary>
    /// Claims due deliveries of a lane and returns the claimed rows. Parameters: <c>@lane, @now, @count, @owner, @until, @token</c>.
    /// </summary>
    string ClaimDue { get; }

    /// <summary>Claims up to <c>@count</c> due deliveries of a paused <c>@service</c> in a lane.</summary>
    string ClaimPaused { get; }

    /// <summary>
    /// Claims one delivery that has never been attempted and returns the claimed row. Parameters: <c>@id, @lane, @owner, @until, @token</c>.
    /// </summary>
    string ClaimOne { get; }

    /// <summary>
    /// Stores that a client's reference belongs to a report. No row changes if the reference is already stored. Parameters: <c>@council,
    /// @client, @ref, @reportId, @now, @expires</c>.
    /// </summary>
    string RememberReference { get; }

    /// <summary>
    /// Adds a council update unless its id is already stored. It is served at <c>@at</c>, or one second after the last update of the case
    /// that is served between <c>@at</c> and <c>@until</c>. Parameters: <c>@council, @backend, @key, @case, @status, @occurred, @now, @at,
    /// @until, @baseline, @document, @payload</c>.
    /// </summary>
    string AddCouncilUpdate { get; }

    /// <summary>Reads the database's time in unix milliseconds.</summary>
    string NowMs { get; }

    /// <summary>Whether other writers can change rows between two statements of a write.</summary>
    bool HasSeveralWriters { get; }

    /// <summary>Runs an INSERT into a table with a generated <c>id</c> and returns the id.</summary>
    Task<long> InsertAsync(DbSession db, string sql, object parameters);

    /// <summary>Returns an expression for the number of bytes in a binary column.</summary>
    string Length(string column);

    /// <summary>Returns the clause that limits the rows of a SELECT with an ORDER BY.</summary>
    /// <param name="skip">The name of a parameter, or the number of rows to skip.</param>
    /// <param name="take">The name of a parameter, or the number of rows to return.</param>
    string Page(string skip, string take);
}
