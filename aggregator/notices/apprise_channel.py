"""Messages by `apprise`: e-mail, webhooks, and whatever else its URLs name.

Invariants: what it logs never leaves it, because it may name addresses; URLs that read or write files of this
machine or its desktop are refused. A send takes at most apprise's own time-outs, `rto` and `cto`, which are
set here unless the URL does.
"""

import logging
from typing import Final

import apprise

from aggregator.notices.channel import Delivered, Message, Outcome, Refused, TryLater

_TIMEOUTS: Final = "cto=10&rto=20"
_LOCAL: Final = frozenset(
    {"dbus", "glib", "qt", "kde", "gnome", "macosx", "windows", "syslog", "growl", "file", "memory"}
)
_KEYED: Final = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos")


class AppriseChannel:
    """One URL of apprise is one address."""

    def __init__(self) -> None:
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

    def fault_of(self, address: str) -> str | None:
        """What is wrong with a URL."""
        scheme = address.partition("://")[0].lower()
        if scheme in _LOCAL:
            return (
                f"{scheme}:// is of this machine alone: give the URL of a mail server, a webhook or a service"
            )
        if "://" not in address or apprise.Apprise.instantiate(_bounded(address)) is None:
            return "this is no URL that apprise knows: write such as mailtos://user:password@host?to=… or jsons://…"
        return None

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message; apprise does not say why it failed, so that every failure is tried again."""
        found = apprise.Apprise.instantiate(_keyed(_bounded(address), message.id))
        if not isinstance(found, apprise.NotifyBase):
            return Refused("this is no URL that apprise knows: enter the address again")
        kind = apprise.NotifyType.WARNING if message.is_urgent else apprise.NotifyType.INFO
        text = f"{message.text}\n\nID: {message.id}"
        try:
            is_sent = found.notify(body=text, title=message.title, notify_type=kind)
        except (OSError, ValueError, TypeError) as error:
            return TryLater(f"the {found.service_name} service failed with {type(error).__name__}")
        if is_sent:
            return Delivered()
        return TryLater(
            f"the {found.service_name} service did not take the message: check it and the address"
        )


def _bounded(address: str) -> str:
    """The URL with time-outs; those that it gave itself come first and hold."""
    return f"{address}{'&' if '?' in address else '?'}{_TIMEOUTS}"


def _keyed(address: str, message_id: str) -> str:
    """The URL of a webhook or a mail with a header by which the receiver tells a message that comes again."""
    scheme = address.partition("://")[0].lower()
    return f"{address}&+Idempotency-Key={message_id}" if scheme in _KEYED else address
