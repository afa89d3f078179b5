r"""Permission violations, read from lines of a broker's log.

Invariant: nothing a client chooses (its client id, a topic) can make a line parse as another client's
violation: nats-server quotes both, and quotes and newlines inside are escaped. Pure.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

Operation = Literal["publish", "subscribe"]


@dataclass(frozen=True, slots=True)
class PermissionViolation:
    """One attempt beyond a client's rights; `user` is None when the broker could not tell whose it was.

    `subject` is written as an MQTT topic or filter.
    """

    user: str | None
    subject: str
    operation: Operation
    at: datetime
    client_id: str


@dataclass(frozen=True, slots=True)
class LoggedViolation:
    """A violation as nats-server logs it: by connection number and client id, not by user."""

    connection: int
    client_id: str
    operation: Operation
    subject: str
    at: datetime

    def by(self, user: str | None) -> PermissionViolation:
        """Return the violation with its user."""
        return PermissionViolation(user, self.subject, self.operation, self.at, self.client_id)


_QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
_NATS_LINE: Final = re.compile(
    r"\[\d+\] (?P<at>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) \[ERR\] \S+ - mid:(?P<connection>\d+) - "
    + _QUOTED.replace("(", "(?P<client_id>", 1)
    + " - (?P<operation>Publish|Subscription) Violation - (?:User "
    + _QUOTED.replace("(", "(?:", 1)
    + ", )?Subject "
    + _QUOTED.replace("(", "(?P<subject>", 1)
)
_MOSQUITTO_LINE: Final = re.compile(
    r"(?P<at>\d+): Denied PUBLISH from (?P<client_id>.+?) "
    r"\(d\d, q\d, r\d, m\d+, '(?P<subject>.*)', \.\.\. \(\d+ bytes\)\)\s*\Z"
)
_ESCAPED: Final = re.compile(r"\\(.)")


def parse_nats_line(line: str) -> LoggedViolation | None:
    """Return the violation that a line of nats-server's log (in UTC) tells of, or None."""
    found = _NATS_LINE.match(line)
    if found is None:
        return None
    at = datetime.strptime(found["at"], "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC)
    operation: Operation = "publish" if found["operation"] == "Publish" else "subscribe"
    client = _ESCAPED.sub(r"\1", found["client_id"])
    return LoggedViolation(int(found["connection"]), client, operation, _topic(found["subject"]), at)


def parse_mosquitto_line(line: str) -> PermissionViolation | None:
    """Return the violation that a line of mosquitto's log tells of, or None.

    With ``use_username_as_clientid`` its client id is the user.
    """
    found = _MOSQUITTO_LINE.match(line)
    if found is None:
        return None
    at = datetime.fromtimestamp(int(found["at"]), tz=UTC)
    return PermissionViolation(found["client_id"], found["subject"], "publish", at, found["client_id"])


def _topic(subject: str) -> str:
    levels = {"*": "+", ">": "#"}
    return "/".join(levels.get(level, level) for level in _ESCAPED.sub(r"\1", subject).split("."))
