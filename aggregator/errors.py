"""Errors of the aggregator, by whose fault: the caller, the operator who set it up, or a server we need.

Each class carries the HTTP status that it is rendered with (RFC 9457, see web/problems.py) and a
stable `code` that clients and counters may rely on. The message says what is wrong and what to do next;
`shown` is what of it a caller may read, who is not told where our stores lie and what they answered.
Causes travel by `from` and go to the log only.
"""

from typing import ClassVar


class AggregatorError(Exception):
    """Base of everything that the aggregator raises on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    @property
    def shown(self) -> str:
        """The message as it may be shown over HTTP."""
        return str(self)


class CallerError(AggregatorError):
    """The caller asked for something that cannot be given."""

    status = 400
    code = "bad_request"
    title = "Bad request"


class UnauthenticatedError(CallerError):
    """No credentials, or wrong ones."""

    status = 401
    code = "unauthenticated"
    title = "Not signed in"


class ElsewhereError(CallerError):
    """A page is not shown to this visitor, who is sent to another one first."""

    status = 303
    code = "see_other"
    title = "See another page"

    def __init__(self, location: str) -> None:
        super().__init__(f"go to {location}")
        self.location = location


class ForbiddenError(CallerError):
    """The credentials are good and do not allow this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFoundError(CallerError):
    """There is no such thing."""

    status = 404
    code = "not_found"
    title = "Not found"


class ConflictError(CallerError):
    """It is there already, or in another state than the request assumes."""

    status = 409
    code = "conflict"
    title = "Conflict"


class TooLargeError(CallerError):
    """The request is larger than the server takes."""

    status = 413
    code = "too_large"
    title = "Request too large"


class PasswordExpiredError(ForbiddenError):
    """Whoever is signed in must choose a password of their own before anything else."""

    code = "password_change_needed"
    title = "Choose a password"


class TooManyAttemptsError(CallerError):
    """Wrong passwords, or requests, came too fast; `retry_after_s` says when the next one is looked at."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"

    def __init__(self, detail: str, *, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class OperatorError(AggregatorError):
    """The set-up is wrong: the server does not start, and its message names the next step."""

    code = "misconfigured"
    title = "Wrong set-up"


class ConfigError(OperatorError):
    """The configuration file is missing, is not TOML, or has a wrong or unknown key."""

    code = "config"


class PortTakenError(OperatorError):
    """Another process listens on the port."""

    code = "port_taken"


class DataDirError(OperatorError):
    """The data directory cannot be used: it is not writable, or another server holds it."""

    code = "data_dir"


class SchemaTooNewError(OperatorError):
    """The database was written by a newer program."""

    code = "schema_too_new"


class StoreInUseError(OperatorError):
    """Another process owns the file of the store."""

    code = "store_in_use"


class StoreRefusedError(AggregatorError):
    """A store cannot take these values: the same write would fail again, so it is not worth a retry."""

    code = "store_refused"
    title = "Values that the store cannot take"


class DependencyError(AggregatorError):
    """A server or store that we need is away; the request may be repeated later."""

    status = 503
    code = "unavailable"
    title = "Temporarily unavailable"


class StoreError(DependencyError):
    """A store does not answer, or is busy; nothing was stored and the same call may succeed later."""

    code = "store_unavailable"

    @property
    def shown(self) -> str:
        """Without paths, addresses and the store's own words, which are for the log."""
        return "a store of the server does not answer: ask again in a moment; the server's log tells why"


class BrokerError(DependencyError):
    """The broker is away or refuses us."""

    code = "broker_unavailable"

    @property
    def shown(self) -> str:
        """Without paths, addresses and the broker's own words, which are for the log."""
        return "the broker does not answer as it should: ask again in a moment; the server's log tells why"
