namespace Symology.Simulator;

/// <summary>The fault of one call.</summary>
public enum Misbehaviour
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The connection closes before the call is processed.</summary>
    HangUpBefore,

    /// <summary>The call is processed, and the connection closes without a response.</summary>
    HangUpAfter,

    /// <summary>The call is processed; the status reports an error, although a row states that the case was created.</summary>
    ErrorButCreated,

    /// <summary>The call is processed and confirmed, with HTTP status 500.</summary>
    ErrorStatusLine,

    /// <summary>The call is processed; the response contains no case number.</summary>
    NoNumber,

    /// <summary>A server SOAP fault before the call is processed.</summary>
    FaultBefore,

    /// <summary>The call is processed, and the response is a server SOAP fault.</summary>
    FaultAfter,

    /// <summary>HTTP status 200 with an HTML page; the call is not processed.</summary>
    HtmlPage,

    /// <summary>HTTP status 500 without SOAP; the call is not processed.</summary>
    ServerError,
}
