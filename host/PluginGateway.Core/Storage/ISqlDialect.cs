namespace PluginGateway.Core.Storage;

/// <summary>The statements that differ between databases; everything else is the same SQL.</summary>
internal interface ISqlDialect
{
    /// <summary>Takes due deliveries of a lane: <c>@lane, @now, @count, @owner, @until, @token</c>; gives the rows taken.</summary>
    string ClaimDue { get; }

    /// <summary>Claims up to @count due deliveries of a paused @service in a lane.</summary>
    string ClaimPaused { get; }

    /// <summary>Takes one delivery that was never tried: <c>@id, @lane, @owner, @until, @token</c>; gives the row taken.</summary>
    string ClaimOne { get; }

    /// <summary>
    /// Notes that a client's reference is a report's, unless it is another's: <c>@council, @client, @ref, @reportId, @now, @expires</c>;
    /// changes no row when it is.
    /// </summary>
    string RememberReference { get; }

    /// <summary>
    /// Adds news of a council unless its id is known: <c>@council, @backend, @key, @case, @status, @occurred, @now, @at, @until, @baseline,
    /// @document, @payload</c>. It is shown at <c>@at</c>, or a second after the last news of the case that is shown from there until <c>@until</c>.
    /// </summary>
    string AddCouncilUpdate { get; }

    /// <summary>Gives the database's time.</summary>
    string NowMs { get; }

    /// <summary>Whether others can write between two statements of a write.</summary>
    bool HasSeveralWriters { get; }

    /// <summary>Runs an INSERT into a table with a generated <c>id</c> and gives that id.</summary>
    Task<long> InsertAsync(DbSession db, string sql, object parameters);

    /// <summary>How many bytes a column of bytes holds.</summary>
    string Length(string column);

    /// <summary>Puts a row limit behind a SELECT with an ORDER BY.</summary>
    /// <param name="skip">Parameter name or number of rows to pass over.</param>
    /// <param name="take">Parameter name or number of rows to give.</param>
    string Page(string skip, string take);
}
