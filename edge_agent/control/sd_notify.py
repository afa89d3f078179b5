"""Tells systemd how the service is: ready, alive, stopping (sd_notify(3), without libsystemd).

Outside systemd there is no NOTIFY_SOCKET and every call does nothing. A message that cannot be sent is lost,
never raised: a full socket must not stop a camera.
"""

import logging
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)

_SEND_TIMEOUT_S = 0.1


class SdNotifier:
    """One datagram a call.

    Args:
        address: NOTIFY_SOCKET: a path, or an abstract name after "@"; None outside systemd.
        watchdog_s: systemd restarts the service after so long without `watchdog`; None: it does not watch.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = None if address is None else _kernel_name(address)
        self.watchdog_s = watchdog_s

    def ready(self, status: str = "") -> bool:
        """Start-up is over."""
        return self._send("READY=1", status)

    def watchdog(self) -> bool:
        """The service is alive; see `watchdog.should_feed` for when to say so."""
        return self._send("WATCHDOG=1", "")

    def status(self, text: str) -> bool:
        """One line for `systemctl status`."""
        return self._send("", text)

    def stopping(self) -> bool:
        """The service is going down by its own will."""
        return self._send("STOPPING=1", "")

    def _send(self, state: str, status: str) -> bool:
        if self._address is None:
            return False
        lines = [state] if state else []
        if status:
            lines.append("STATUS=" + " ".join(status.split()))
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_SEND_TIMEOUT_S)
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.debug("systemd was not told %s: %s", lines, error)
            return False
        return True


def notifier_from_environment(environment: Mapping[str, str], pid: int) -> SdNotifier:
    """The notifier that systemd's variables describe.

    Args:
        environment: of the process.
        pid: of the process; WATCHDOG_PID names whom systemd watches.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    period = environment.get("WATCHDOG_USEC", "")
    watched = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
    watchdog_s = int(period) / 1e6 if watched and period.isdecimal() and int(period) > 0 else None
    return SdNotifier(address if address.startswith(("/", "@")) else None, watchdog_s)


def _kernel_name(address: str) -> str:
    return "\0" + address[1:] if address.startswith("@") else address
