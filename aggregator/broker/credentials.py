"""Where the broker's passwords live: one file of accounts, mode 0600, written whole or not at all.

Invariants: an account that was given out is on disk first (written, fsynced, renamed, directory fsynced);
one process holds the store at a time. Neighbours: the files that brokers read are rendered from this list
alone (nats_config, mosquitto_files).
"""

import fcntl
import os
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from aggregator.broker.accounts import AGGREGATOR_USER, KEEPER_USER, TAP_USER, Account, AccountList
from aggregator.errors import AggregatorError, ConfigError, DataDirError
from fleet.wire import topics

_PASSWORD_BYTES = 24
_SALT_BYTES = 12


class CredentialStore:
    """The accounts of one broker under `directory`; made at the first start. Safe between threads."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "accounts.json"
        self._directory = directory
        self._changing = threading.RLock()
        self._held: IO[str] | None = None
        self._accounts: AccountList | None = None

    @property
    def accounts(self) -> AccountList:
        """Every account as it stands on disk."""
        if self._accounts is None:
            raise DataDirError(f"the accounts in {self._directory} are not open: start the broker first")
        return self._accounts

    def open(self) -> None:
        """Take the directory for this process and read the accounts, making them at the first time.

        Raises:
            DataDirError: it is not writable, or another server holds it.
            ConfigError: the file is damaged.
        """
        if self._held is not None:
            return
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = (self._directory / "lock").open("w")
        except OSError as error:
            raise DataDirError(
                f"cannot write in {self._directory}: {error.strerror};"
                " give a data directory that this user owns"
            ) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held.close()
            raise DataDirError(
                f"another server holds {self._directory}: stop it,"
                " or give this one a data directory of its own"
            ) from error
        self._held = held
        try:
            self._accounts = self._read()
        except AggregatorError:
            self.close()
            raise

    def close(self) -> None:
        """Let the directory go."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def ensure(self, node_ids: Iterable[str]) -> bool:
        """Make accounts for the nodes that have none; True when any was made.

        Raises:
            fleet.wire.errors.TopicError: one of them cannot be a node id; none is made then.
        """
        with self._changing:
            wanted = dict.fromkeys(node_ids)
            for node_id in wanted:
                topics.up_filter(node_id)
            missing = [_new_account(each) for each in wanted if each not in self.accounts.nodes]
            if missing:
                self._write(self.accounts.with_nodes(missing))
            return bool(missing)

    def revoke(self, node_id: str) -> Account | None:
        """Take a node's account away and return it; None when it has none."""
        with self._changing:
            gone = self.accounts.nodes.get(node_id)
            if gone is not None:
                self._write(self.accounts.without_node(node_id))
            return gone

    def _read(self) -> AccountList:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            made = AccountList(
                aggregator=_new_account(AGGREGATOR_USER),
                tap=_new_account(TAP_USER),
                keeper=_new_account(KEEPER_USER),
            )
            self._write(made)
            return made
        except OSError as error:
            raise DataDirError(f"cannot read {self._path}: {error.strerror}; repair its rights") from error
        try:
            return msgspec.json.decode(text, type=AccountList)
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"{self._path} is damaged ({error}): restore it from a backup, or delete it and"
                " give every node its new password"
            ) from error

    def _write(self, accounts: AccountList) -> None:
        write_private(self._path, msgspec.json.format(msgspec.json.encode(accounts), indent=1))
        self._accounts = accounts


def write_private(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace a file as a whole, durable on return, never readable by all; ``DataDirError`` if it fails.

    With mode 0640 in a directory with the set-group-id bit, the directory's group may read it.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask takes away
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise DataDirError(
            f"cannot write {path}: {error.strerror}; free space on the disk or repair its rights"
        ) from error


def _new_account(user: str) -> Account:
    return Account(user, secrets.token_urlsafe(_PASSWORD_BYTES), secrets.token_hex(_SALT_BYTES))
