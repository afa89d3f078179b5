"""Everything that one camera's scene wants to hear from controllers; owned by the camera's worker."""

import logging
import time
from random import Random

from edge_agent.rules.sight import LampReading
from edge_agent.scene.scene import Scene
from edge_agent.signals.board import SignalBoard
from edge_agent.signals.broker import NOT_CONFIGURED, SignalBroker
from edge_agent.signals.feed_thread import FeedThread
from edge_agent.signals.http_feed import HttpFeed
from edge_agent.signals.mqtt_feed import MqttFeed

log = logging.getLogger(__name__)

_MQTT = "mqtt:"


class SignalFeeds:
    """The feeds of one camera: one MQTT connection for all topics, one thread an HTTP address.

    Args:
        scene: the checked scene; only signals that a rule asks for are listened to.
        camera: its id, for the names of threads (`signals-CAMERA-…`).
        broker: the controllers' broker; None where the node's configuration names none.
        rng: jitter of retries.
    """

    def __init__(self, scene: Scene, camera: str, broker: SignalBroker | None, *, rng: Random) -> None:
        asked = {name for rule in scene.rules if (name := getattr(rule, "signal", None))}
        sources: dict[str, tuple[str, ...]] = {}
        for signal in scene.signals:
            if signal.source is not None and signal.id in asked:
                sources[signal.source] = (*sources.get(signal.source, ()), signal.id)
        ids = [signal_id for each in sources.values() for signal_id in each]
        self._board = board = SignalBoard(ids)
        topics = {source.removeprefix(_MQTT): each for source, each in sources.items() if _is_mqtt(source)}
        self._problem = NOT_CONFIGURED if topics and broker is None else ""
        if self._problem:
            log.error("camera %s: %s", camera, self._problem)
        self._threads: list[FeedThread] = []
        if topics and broker is not None:
            listen = MqttFeed(broker, topics, board).listen
            told = tuple(signal_id for each in topics.values() for signal_id in each)
            self._threads.append(FeedThread(f"signals-{camera}-mqtt", told, listen, board, rng=rng))
        for source, each in sources.items():
            if not _is_mqtt(source):
                listen = HttpFeed(source, each, board).listen
                self._threads.append(FeedThread(f"signals-{camera}-{each[0]}", each, listen, board, rng=rng))

    def start(self) -> None:
        """Begin to listen; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End every feed."""
        for thread in self._threads:
            thread.ask_to_stop()
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.stop(max(0.05, until_s - time.monotonic()))

    def newest(self, signal_id: str) -> LampReading | None:
        """The latest word on a signal; None while there is none."""
        return self._board.newest(signal_id)

    @property
    def problem(self) -> str:
        """What somebody should look at; empty while every feed is heard."""
        return self._problem or next((thread.problem for thread in self._threads if thread.problem), "")


def _is_mqtt(source: str) -> bool:
    return source.startswith(_MQTT)
