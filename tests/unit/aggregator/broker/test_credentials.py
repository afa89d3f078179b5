import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.broker.accounts import AGGREGATOR_USER, KEEPER_USER, TAP_USER
from aggregator.broker.credentials import CredentialStore, write_private
from aggregator.errors import ConfigError, DataDirError
from fleet.wire.errors import TopicError

Opener = Callable[[Path], CredentialStore]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Open stores and close them after the test."""
    stores: list[CredentialStore] = []

    def open_store(directory: Path) -> CredentialStore:
        stores.append(CredentialStore(directory))
        stores[-1].open()
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def test_the_first_start_makes_the_servers_accounts_with_passwords_of_their_own(
    tmp_path: Path, opened: Opener
) -> None:
    accounts = opened(tmp_path / "new").accounts
    own = (accounts.aggregator, accounts.tap, accounts.keeper)
    assert [each.user for each in own] == [AGGREGATOR_USER, TAP_USER, KEEPER_USER]
    assert len({each.password for each in own}) == 3
    assert all(len(each.password) >= 32 for each in own)
    assert dict(accounts.nodes) == {}


def test_what_was_given_out_is_read_again(tmp_path: Path, opened: Opener) -> None:
    store = opened(tmp_path)
    assert store.ensure(["node-a", "node-b"])
    before = store.accounts
    assert not store.ensure(["node-b"])
    assert store.accounts == before
    store.close()
    assert opened(tmp_path).accounts == before


def test_the_file_is_its_owners_alone(tmp_path: Path, opened: Opener) -> None:
    opened(tmp_path).ensure(["node-a"])
    assert stat.S_IMODE((tmp_path / "accounts.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.json", "lock"]


def test_one_bad_id_makes_no_account(tmp_path: Path, opened: Opener) -> None:
    store = opened(tmp_path)
    with pytest.raises(TopicError, match="'_tap' is no node id"):
        store.ensure(["node-a", "_tap"])
    assert dict(store.accounts.nodes) == {}


def test_a_revoked_account_is_gone_and_a_new_one_differs(tmp_path: Path, opened: Opener) -> None:
    store = opened(tmp_path)
    store.ensure(["node-a"])
    old = store.accounts.nodes["node-a"]
    assert store.revoke("node-a") == old
    assert store.revoke("node-a") is None
    store.ensure(["node-a"])
    assert store.accounts.nodes["node-a"].password != old.password


def test_a_directory_is_held_by_one_and_free_after_it(tmp_path: Path, opened: Opener) -> None:
    first = opened(tmp_path)
    second = CredentialStore(tmp_path)
    with pytest.raises(DataDirError, match="another server holds"):
        second.open()
    first.close()
    second.open()
    second.close()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"aggregator": 1}', b"\xff"])
def test_a_damaged_file_is_told_with_the_next_step(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_bytes(content)
    with pytest.raises(ConfigError, match="restore it from a backup"):
        CredentialStore(tmp_path).open()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match="give a data directory"):
        CredentialStore(tmp_path / "file/below").open()


def test_accounts_are_asked_for_after_opening(tmp_path: Path) -> None:
    with pytest.raises(DataDirError, match="start the broker first"):
        _ = CredentialStore(tmp_path).accounts


def test_a_private_file_is_replaced_whole_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "file"
    previous = os.umask(0o077)
    try:
        write_private(path, b"one")
        write_private(path, b"two", mode=0o640)
    finally:
        os.umask(previous)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"old")
    (tmp_path / "file.new").mkdir()  # stands in the way
    with pytest.raises(DataDirError, match="cannot write"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
