"""Why a query is not answered; each message names the part and what to write instead."""

from aggregator.errors import CallerError


class QueryRefusedError(CallerError):
    """The query cannot be answered as it stands."""

    code = "query_refused"
    title = "Query refused"


class SyntaxRefusedError(QueryRefusedError):
    """The text is not InfluxQL; InfluxDB, too, would not parse it."""

    code = "query_syntax"
    title = "Not InfluxQL"


class UnsupportedError(QueryRefusedError):
    """The text is InfluxQL outside the subset that is served."""

    code = "query_unsupported"
    title = "Not in the served subset"


class TooMuchError(QueryRefusedError):
    """The answer would have more points than one answer may."""

    code = "query_too_much"
    title = "Too many points"
