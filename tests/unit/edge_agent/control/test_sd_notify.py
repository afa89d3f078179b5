import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.control.sd_notify import SdNotifier, notifier_from_environment


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A socket such as systemd listens on, and its address as NOTIFY_SOCKET has it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@matthan-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if address.startswith("@") else address)
        listening.settimeout(2.0)
        yield address, listening


def test_each_call_is_one_datagram(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    notifier = SdNotifier(address)
    told = [notifier.ready("2 cameras"), notifier.watchdog(), notifier.status("a\nb"), notifier.stopping()]
    heard = [listening.recv(1024) for _ in told]
    assert told == [True, True, True, True]
    assert heard == [b"READY=1\nSTATUS=2 cameras", b"WATCHDOG=1", b"STATUS=a b", b"STOPPING=1"]


def test_outside_systemd_nothing_is_sent() -> None:
    assert SdNotifier(None).ready() is False


def test_socket_that_is_gone_is_no_error(tmp_path: Path) -> None:
    assert SdNotifier(str(tmp_path / "gone")).watchdog() is False


def test_full_socket_does_not_hold_the_caller(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.setblocking(False)
        filler = SdNotifier(address)
        told = True
        for _ in range(10_000):
            told = filler.watchdog()
            if not told:
                break
    assert told is False


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, 30.0),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, None),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "soon"}, None),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_watchdog_period_is_read_from_the_environment(
    environment: dict[str, str], watchdog_s: float | None
) -> None:
    assert notifier_from_environment(environment, 42).watchdog_s == watchdog_s


def test_address_is_read_from_the_environment(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    assert notifier_from_environment({"NOTIFY_SOCKET": address}, 42).watchdog() is True
    assert listening.recv(64) == b"WATCHDOG=1"


def test_address_of_another_kind_is_ignored() -> None:
    assert notifier_from_environment({"NOTIFY_SOCKET": "vsock:2:1234"}, 42).ready() is False
