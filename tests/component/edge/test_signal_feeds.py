"""Controllers' feeds from a real mosquitto and a real HTTP server: words, silence, refusals, coming back."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from servers.debian import obtain
from servers.ports import LOOPBACK, free_port
from servers.process import ServerProcess

from edge_agent.scene.scene import Scene, Signal
from edge_agent.scene.signal_specs import RedLight
from edge_agent.signals.broker import SignalBroker
from edge_agent.signals.feeds import SignalFeeds

PATIENCE_S = 15.0


class ControllersBroker(ServerProcess):
    """A mosquitto as a junction's controllers have it: one account that may read, one that may write."""

    name = "mosquitto"

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        super().__init__(directory, port=port)
        self._packages = obtain("mosquitto")
        self._config = directory / "controllers.conf"

    def prepare(self) -> None:
        super().prepare()
        passwords, rights = self.directory / "passwords", self.directory / "rights"
        passwords.write_text("")
        for user in ("reader", "controller"):
            subprocess.run(
                [self._packages.program("mosquitto_passwd"), "-b", passwords, user, f"{user}-secret"],
                check=True,
                env=self.environment(),
                capture_output=True,
            )
        rights.write_text("user controller\ntopic write junction/#\nuser reader\ntopic read junction/#\n")
        self._config.write_text(
            f"listener {self.port} {LOOPBACK}\nallow_anonymous false\npassword_file {passwords}\n"
            f"acl_file {rights}\nuser root\n"
        )

    def command(self) -> list[str]:
        return [str(self._packages.program("mosquitto")), "-c", str(self._config)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | self._packages.environment()


@pytest.fixture
def controllers(tmp_path: Path) -> Iterator[ControllersBroker]:
    with ControllersBroker(tmp_path / "broker") as server:
        yield server


def spoken(server: ControllersBroker, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
    """A controller says something and hangs up."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="controller")
    client.username_pw_set("controller", "controller-secret")
    client.connect(LOOPBACK, server.port)
    client.loop_start()
    client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


@contextmanager
def listening(
    tmp_path: Path, *signals: Signal, port: int = 1, password: str = "reader-secret"
) -> Iterator[SignalFeeds]:
    file = tmp_path / "reader-password"
    file.write_text(password)
    broker = SignalBroker(LOOPBACK, port, False, "", "reader", str(file), f"cam-{time.monotonic_ns()}")
    rules = tuple(RedLight(id=each.id, stop_line="s", lane="l", signal=each.id) for each in signals)
    feeds = SignalFeeds(Scene(signals=signals, rules=rules), "cam", broker, rng=Random(1))
    feeds.start()
    try:
        yield feeds
    finally:
        feeds.stop(5)


def eventually(what: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def colour(feeds: SignalFeeds, signal_id: str) -> str | None:
    word = feeds.newest(signal_id)
    return None if word is None else word.colour


def say_until_heard(
    server: ControllersBroker, feeds: SignalFeeds, topic: str, payload: str, *, signal_id: str, expected: str
) -> bool:
    """Say it again and again: nobody knows when the feed has subscribed."""

    def heard() -> bool:
        spoken(server, topic, payload)
        return colour(feeds, signal_id) == expected

    return eventually(heard)


A = Signal("a", source="mqtt:junction/a")
B = Signal("b", source="mqtt:junction/b")


def test_words_come_from_the_topics_of_their_signals(controllers: ControllersBroker, tmp_path: Path) -> None:
    with listening(tmp_path, A, B, port=controllers.port) as feeds:
        assert say_until_heard(
            controllers, feeds, "junction/a", '{"state": "red", "at": 5}', signal_id="a", expected="red"
        )
        assert say_until_heard(controllers, feeds, "junction/b", "green", signal_id="b", expected="green")
        assert colour(feeds, "a") == "red"
        before_s = time.monotonic()
        spoken(controllers, "junction/a", '{"state": "green", "at": 6}')
        assert eventually(lambda: colour(feeds, "a") == "green")
        word = feeds.newest("a")
        assert word is not None
        assert before_s <= word.at_s <= time.monotonic()
        assert feeds.problem == ""


def test_a_retained_word_of_unknown_age_is_left_out(controllers: ControllersBroker, tmp_path: Path) -> None:
    spoken(controllers, "junction/a", "red", retain=True)
    with listening(tmp_path, A, B, port=controllers.port) as feeds:
        assert say_until_heard(controllers, feeds, "junction/b", "green", signal_id="b", expected="green")
        assert feeds.newest("a") is None
        spoken(controllers, "junction/a", "red", retain=True)  # said now, it counts
        assert eventually(lambda: colour(feeds, "a") == "red")


def test_a_word_that_is_not_understood_leaves_the_signal_unknown(
    controllers: ControllersBroker, tmp_path: Path
) -> None:
    with listening(tmp_path, A, port=controllers.port) as feeds:
        assert say_until_heard(controllers, feeds, "junction/a", "red", signal_id="a", expected="red")
        spoken(controllers, "junction/a", b"\xff\x00garbage")
        assert eventually(lambda: colour(feeds, "a") == "")


def test_when_the_broker_dies_words_are_taken_back_and_come_again_with_it(
    controllers: ControllersBroker, tmp_path: Path
) -> None:
    with listening(tmp_path, A, port=controllers.port) as feeds:
        assert say_until_heard(controllers, feeds, "junction/a", "red", signal_id="a", expected="red")
        controllers.kill9()
        assert eventually(lambda: feeds.newest("a") is None)
        assert eventually(lambda: feeds.problem != "")
        controllers.start()
        assert say_until_heard(controllers, feeds, "junction/a", "green", signal_id="a", expected="green")
        assert feeds.problem == ""


def test_a_wrong_password_is_said_and_the_signal_stays_unknown(
    controllers: ControllersBroker, tmp_path: Path
) -> None:
    with listening(tmp_path, A, port=controllers.port, password="wrong") as feeds:
        assert eventually(lambda: "check signals.user" in feeds.problem)
        assert feeds.newest("a") is None


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    with listening(tmp_path, A, port=free_port()) as feeds:
        assert eventually(lambda: "check signals.url" in feeds.problem)


class Controller:
    """A controller's little web server; what it answers can be changed."""

    def __init__(self, port: int = 0) -> None:
        self.status, self.body, self.delay_s = 200, b"red", 0.0
        self.asked, self.closed = 0, False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if outer.closed:
                    self.close_connection = True
                    return
                outer.asked += 1
                time.sleep(outer.delay_s)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((LOOPBACK, port), Handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), name="controller")
        self._thread.start()

    @property
    def signal(self) -> Signal:
        return Signal("a", source=f"http://{LOOPBACK}:{self.server.server_port}/signals/7?head=2")

    def close(self) -> None:
        self.closed = True
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)


@pytest.fixture
def controller() -> Iterator[Controller]:
    server = Controller(free_port())
    yield server
    server.close()


def test_a_controller_is_asked_over_http_again_and_again(controller: Controller, tmp_path: Path) -> None:
    with listening(tmp_path, controller.signal) as feeds:
        assert eventually(lambda: colour(feeds, "a") == "red")
        first = feeds.newest("a")
        controller.body = json.dumps({"state": "green", "at": 1_700_000_000}).encode()
        assert eventually(lambda: colour(feeds, "a") == "green")
        second = feeds.newest("a")
        assert first is not None
        assert second is not None
        assert second.at_s > first.at_s
        assert feeds.problem == ""
    asked = controller.asked
    time.sleep(0.7)
    assert controller.asked == asked


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(503, b"red", "answers 503"), (404, b"", "answers 404"), (200, b"red" * 5000, "more than 4096 bytes")],
)
def test_an_answer_that_is_none_takes_the_word_back(
    controller: Controller, tmp_path: Path, status: int, body: bytes, words: str
) -> None:
    with listening(tmp_path, controller.signal) as feeds:
        assert eventually(lambda: colour(feeds, "a") == "red")
        controller.status, controller.body = status, body
        assert eventually(lambda: words in feeds.problem)
        assert eventually(lambda: feeds.newest("a") is None)
        controller.status, controller.body = 200, b"green"
        assert eventually(lambda: colour(feeds, "a") == "green")
        assert feeds.problem == ""


def test_a_slow_answer_says_nothing(controller: Controller, tmp_path: Path) -> None:
    with listening(tmp_path, controller.signal) as feeds:
        assert eventually(lambda: colour(feeds, "a") == "red")
        controller.delay_s = 0.8
        assert eventually(lambda: feeds.newest("a") is None)


def test_a_controller_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    server = Controller(free_port())
    port = server.server.server_port
    with listening(tmp_path, server.signal) as feeds:
        assert eventually(lambda: colour(feeds, "a") == "red")
        server.close()
        assert eventually(lambda: feeds.newest("a") is None)
        assert eventually(lambda: feeds.problem != "")
        server = Controller(port)
        assert eventually(lambda: colour(feeds, "a") == "red")
    server.close()
