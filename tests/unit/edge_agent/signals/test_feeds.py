import threading
from random import Random

from edge_agent.scene.scene import Scene, Signal
from edge_agent.scene.signal_specs import RedLight
from edge_agent.signals.broker import NOT_CONFIGURED, SignalBroker
from edge_agent.signals.feeds import SignalFeeds

NOWHERE = SignalBroker("127.0.0.1", 1, False, "", "", "", "c")


def scene(*signals: Signal, asked: tuple[str, ...]) -> Scene:
    rules = tuple(RedLight(id=name, stop_line="s", lane="l", signal=name) for name in asked)
    return Scene(signals=signals, rules=rules)


def threads_of(feeds: SignalFeeds) -> list[str]:
    before = {thread.name for thread in threading.enumerate()}
    feeds.start()
    names = sorted({thread.name for thread in threading.enumerate()} - before)
    feeds.stop(5)
    return names


def test_one_connection_for_all_topics_and_a_thread_for_each_address() -> None:
    signals = (
        Signal("a", source="mqtt:junction/1"),
        Signal("b", source="mqtt:junction/2"),
        Signal("c", source="http://127.0.0.1:1/c"),
        Signal("d", source="http://127.0.0.1:1/c"),
        Signal("e", source="http://127.0.0.1:1/e"),
        Signal("unasked", source="http://127.0.0.1:1/f"),
    )
    feeds = SignalFeeds(scene(*signals, asked=("a", "b", "c", "d", "e")), "cam", NOWHERE, rng=Random(1))
    assert threads_of(feeds) == ["signals-cam-c", "signals-cam-e", "signals-cam-mqtt"]
    assert [feeds.newest(name) for name in ("a", "c", "unasked")] == [None, None, None]


def test_a_scene_without_feeds_starts_no_thread() -> None:
    feeds = SignalFeeds(scene(Signal("a"), asked=("a",)), "cam", None, rng=Random(1))
    assert threads_of(feeds) == []
    assert feeds.problem == ""


def test_topics_without_a_broker_are_a_problem_that_says_what_to_write() -> None:
    feeds = SignalFeeds(scene(Signal("a", source="mqtt:x"), asked=("a",)), "cam", None, rng=Random(1))
    assert threads_of(feeds) == []
    assert feeds.problem == NOT_CONFIGURED
