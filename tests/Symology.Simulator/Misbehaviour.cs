namespace Symology.Simulator;

/// <summary>What goes wrong with one call.</summary>
public enum Misbehaviour
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The connection ends before anything is done.</summary>
    HangUpBefore,

    /// <summary>It is done, and the connection ends without an answer.</summary>
    HangUpAfter,

    /// <summary>It is done; the status says error, and a row says created.</summary>
    ErrorButCreated,

    /// <summary>It is done and said so, under a status line of 500.</summary>
    ErrorStatusLine,

    /// <summary>It is done; the answer gives no number.</summary>
    NoNumber,

    /// <summary>A SOAP fault of the server, before anything is done.</summary>
    FaultBefore,

    /// <summary>It is done, and then there is a SOAP fault of the server.</summary>
    FaultAfter,

    /// <summary>200 with an HTML page; nothing is done.</summary>
    HtmlPage,

    /// <summary>500 without SOAP; nothing is done.</summary>
    ServerError,
}
