"""A mosquitto that others start: we keep its password and ACL files and have them read again.

mosquitto reads both files again at SIGHUP. With `pid_file` (same user, or root) we send it; without, a
systemd path unit that watches the password file does (provisioning/mosquitto). Either way a change counts as
done when the broker itself shows it: it accepts the newest account, or refuses the revoked one.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from aggregator.broker.accounts import Account, NodeCredentials
from aggregator.broker.credentials import CredentialStore, write_private
from aggregator.broker.log_tail import LogTail
from aggregator.broker.mosquitto_files import render_acl, render_passwords
from aggregator.broker.mqtt_connect import ConnectAnswer, MqttAddress, connect_clean
from aggregator.broker.retained import clear_retained
from aggregator.broker.violations import PermissionViolation, parse_mosquitto_line
from aggregator.errors import BrokerError, ConfigError

PASSWORDS_NAME: Final = "passwords"
ACL_NAME: Final = "acl"
LIVE_TIMEOUT_S: Final = 10.0
_POLL_S: Final = 0.05
_CLEAR_PATIENCE_S: Final = 3.0
_DEFAULT_PORT: Final = 1883
_GROUP_MAY_READ: Final = 0o640

_log = logging.getLogger(__name__)


class ExternalMosquitto:
    """The accounts of a mosquitto at `url`; its account list under `directory`, its files under `files`.

    `log_path`, where given, is mosquitto's log with unix times and denials (``log_type debug``).
    """

    def __init__(
        self,
        directory: Path,
        *,
        url: str,
        files: Path,
        pid_file: Path | None = None,
        log_path: Path | None = None,
        live_timeout_s: float = LIVE_TIMEOUT_S,
    ) -> None:
        self._address = _address(url)
        self._store = CredentialStore(directory.absolute())
        self._files = files
        self._pid_file = pid_file
        self._log_path = log_path
        self._live_timeout_s = live_timeout_s
        self._tail: LogTail | None = None
        self._changing = threading.RLock()

    @property
    def url(self) -> str:
        """Where MQTT clients connect."""
        return self._address.url

    @property
    def aggregator_credentials(self) -> NodeCredentials:
        """The aggregator's own account."""
        return self._store.accounts.aggregator.credentials

    @property
    def tap_credentials(self) -> NodeCredentials:
        """The account that reads all traffic and writes nothing."""
        return self._store.accounts.tap.credentials

    def start(self) -> None:
        """Make the accounts, write the broker's files and have them read; the broker may come up later."""
        self._store.open()
        with self._changing:
            if self._log_path is not None and self._tail is None:
                self._tail = LogTail(self._log_path)
            self._write_files()
            self._signal()

    def stop(self) -> None:
        """Let the account list go; the broker goes on."""
        with self._changing:
            if self._tail is not None:
                self._tail.close()
                self._tail = None
            self._store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ensure_node(self, node_id: str) -> NodeCredentials:
        """Return the node's credentials, live on the broker; ``TopicError`` for a bad id."""
        return self.ensure_nodes([node_id])[0]

    def ensure_nodes(self, node_ids: Iterable[str]) -> list[NodeCredentials]:
        """Return the credentials of many nodes after one reload; ``BrokerError`` if they stay dead."""
        wanted = list(node_ids)
        with self._changing:
            before = self._store.accounts.nodes
            if self._store.ensure(wanted):
                self._write_files()
                self._signal()
                newest = next(each for each in wanted if each not in before)
                self._wait_for(self._store.accounts.nodes[newest], ConnectAnswer.ACCEPTED)
            nodes = self._store.accounts.nodes
            return [nodes[node_id].credentials for node_id in wanted]

    def revoke_node(self, node_id: str) -> bool:
        """Take the account away: what it retained and its session are cleared, its connection is cut."""
        with self._changing:
            known = self._store.accounts.nodes.get(node_id)
            if known is None:
                return False
            # Only while it is an account: mosquitto tells newcomers what it retained even when it is gone.
            if not clear_retained(self._address, known.credentials, patience_s=_CLEAR_PATIENCE_S):
                _log.warning("what node %s retained could not be cleared; revoking it all the same", node_id)
            self._store.revoke(node_id)
            self._write_files()
            self._signal()
            self._wait_for(known, ConnectAnswer.NOT_AUTHORISED)
            return True

    def violations(self) -> list[PermissionViolation]:
        """Return denied publishes since the last call; mosquitto filters denied subscriptions in silence."""
        with self._changing:
            lines = self._tail.lines() if self._tail is not None else []
        return [each for line in lines if (each := parse_mosquitto_line(line)) is not None]

    def _write_files(self) -> None:
        acl = render_acl().encode()
        write_private(self._files / ACL_NAME, acl, mode=_GROUP_MAY_READ)
        # The password file last: a path unit watches it.
        passwords = render_passwords(self._store.accounts).encode()
        write_private(self._files / PASSWORDS_NAME, passwords, mode=_GROUP_MAY_READ)

    def _signal(self) -> None:
        if self._pid_file is None:
            return
        try:
            os.kill(int(self._pid_file.read_text()), signal.SIGHUP)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            _log.info("mosquitto does not run yet (%s); it reads its files at its start", self._pid_file)
        except PermissionError as error:
            raise ConfigError(
                f"this user may not signal the mosquitto of {self._pid_file}: remove broker.pid_file and"
                " enable the path unit in provisioning/mosquitto, which reloads it when its files change"
            ) from error

    def _wait_for(self, account: Account, expected: ConnectAnswer) -> None:
        """Connect as the account until the broker answers so; while accepted, that also wipes its session."""
        deadline = time.monotonic() + self._live_timeout_s
        answer = connect_clean(self._address, account.credentials)
        while answer is not expected:
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"mosquitto at {self.url} did not take its new accounts in {self._live_timeout_s:.0f} s"
                    f" (last answer: {answer.name}): is it up, does it read {self._files / PASSWORDS_NAME},"
                    " and is it reloaded when that changes?"
                )
            time.sleep(_POLL_S)
            answer = connect_clean(self._address, account.credentials)


def _address(url: str) -> MqttAddress:
    parts = urlsplit(url)
    if parts.scheme != "mqtt" or parts.hostname is None:
        raise ConfigError(
            f"broker.url {url!r}: write mqtt://host[:port]; the aggregator reaches its mosquitto in clear,"
            " over a listener on loopback, and TLS listeners are for nodes"
        )
    return MqttAddress(parts.hostname, parts.port or _DEFAULT_PORT)
