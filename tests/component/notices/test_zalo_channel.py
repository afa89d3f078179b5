"""Zalo over real HTTP: tokens that are good once, errors in the body, and what becomes of each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from servers.receivers import ZaloReceiver

from aggregator.notices.channel import Delivered, Message, Refused, TryLater
from aggregator.notices.zalo_channel import ZaloChannel
from aggregator.notices.zalo_tokens import ZaloApp, ZaloTokens

HELLO = Message("m-1", "Lũ", "Nước lên")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def zalo() -> Iterator[ZaloReceiver]:
    with ZaloReceiver() as started:
        yield started


@pytest.fixture
def tokens_file(tmp_path: Path) -> Path:
    path = tmp_path / "zalo_tokens.json"
    path.write_text('{"refresh_token": "first"}')
    return path


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as made:
        yield made


def channel_of(zalo: ZaloReceiver, path: Path, client: httpx.Client) -> ZaloChannel:
    app = ZaloApp("42", "secret", f"http://{zalo.address}", f"http://{zalo.address}")
    return ZaloChannel(app, ZaloTokens(app, path, client, lambda: NOW), client)


def test_it_gets_a_token_once_and_keeps_the_next_refresh_token(
    zalo: ZaloReceiver, tokens_file: Path, client: httpx.Client
) -> None:
    channel = channel_of(zalo, tokens_file, client)
    assert [channel.send("111", HELLO), channel.send("111", HELLO)] == [Delivered(), Delivered()]
    assert zalo.messages == [("111", "Lũ\nNước lên")] * 2
    assert (zalo.state.given, json.loads(tokens_file.read_text())["refresh_token"]) == (1, "refresh-1")
    assert oct(tokens_file.stat().st_mode & 0o777) == "0o600"


def test_a_token_that_zalo_takes_back_is_renewed_also_after_a_restart(
    zalo: ZaloReceiver, tokens_file: Path, client: httpx.Client
) -> None:
    assert channel_of(zalo, tokens_file, client).send("111", HELLO) == Delivered()
    zalo.state.access_token = "taken-back"
    assert channel_of(zalo, tokens_file, client).send("111", HELLO) == Delivered()
    assert (zalo.state.given, len(zalo.messages)) == (2, 2)


def test_what_will_never_work_is_refused_and_a_quota_waits(
    zalo: ZaloReceiver, tokens_file: Path, client: httpx.Client
) -> None:
    channel = channel_of(zalo, tokens_file, client)
    refused = channel.send("222", HELLO)
    assert isinstance(refused, Refused)
    assert "does not follow" in refused.reason
    zalo.state.quota = 0
    assert channel.send("111", HELLO) == TryLater("Zalo's quota is used up (error -32)", 300.0)


def test_without_a_good_refresh_token_it_says_what_to_do(
    zalo: ZaloReceiver, tokens_file: Path, client: httpx.Client
) -> None:
    channel = channel_of(zalo, tokens_file, client)
    tokens_file.write_text('{"refresh_token": "used"}')
    outcome = channel.send("111", HELLO)
    assert isinstance(outcome, TryLater)
    assert "authorise the application again" in outcome.reason
    tokens_file.unlink()
    outcome = channel.send("111", HELLO)
    assert isinstance(outcome, TryLater)
    assert "zalo_tokens.json is not there" in outcome.reason


@pytest.mark.parametrize(("address", "is_good"), [("1234567890", True), ("abc", False), ("", False)])
def test_an_address_is_a_user_id(
    zalo: ZaloReceiver, tokens_file: Path, client: httpx.Client, address: str, *, is_good: bool
) -> None:
    assert (channel_of(zalo, tokens_file, client).fault_of(address) is None) == is_good
