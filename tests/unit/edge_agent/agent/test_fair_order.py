"""Turns by need: the simulated cameras ask at their rate, and a detector of a given speed serves them."""

from collections import Counter
from dataclasses import dataclass

import pytest

from edge_agent.agent.fair_order import FairOrder


def test_who_asks_alone_is_served_and_nobody_else() -> None:
    order = FairOrder()
    assert order.next() is None
    order.ask("gate", 0.2)
    assert len(order) == 1
    assert (order.next(), order.next(), len(order)) == ("gate", None, 0)


def test_equals_are_served_in_the_order_of_asking() -> None:
    order = FairOrder()
    for camera in ("c", "a", "b"):
        order.ask(camera, 0.2)
    order.ask("c", 0.2)
    assert [order.next() for _ in range(4)] == ["c", "a", "b", None]


def test_who_has_waited_longest_past_its_due_goes_first() -> None:
    order = FairOrder()
    periods = {"slow": 1.0, "fast": 0.125}
    for camera, period_s in periods.items():
        order.ask(camera, period_s)
    served = []
    for _ in range(18):
        camera = order.next()
        assert camera is not None
        served.append(camera)
        order.ask(camera, periods[camera])
    assert served == ["slow", *["fast"] * 8] * 2


def test_who_was_away_does_not_save_up() -> None:
    order = FairOrder()
    order.ask("away", 0.1)
    order.next()
    for _ in range(1000):
        order.ask("busy", 0.1)
        order.next()
    served = []
    for _ in range(20):
        order.ask("away", 0.1)
        order.ask("busy", 0.1)
        served.append(order.next())
    assert served[0] == "away"
    assert abs(served.count("away") - served.count("busy")) <= 2


@dataclass
class Camera:
    """Asks with the newest frame whenever it is not waiting; `open_s` and `shut_s` are its gate's rhythm."""

    fps: float
    open_s: float = 1e9
    shut_s: float = 0.0

    def is_open(self, at_s: float) -> bool:
        return at_s % (self.open_s + self.shut_s) < self.open_s


def shares(cameras: dict[str, Camera], *, detections_per_s: float, seconds: float = 40.0) -> dict[str, float]:
    """Share of its due that each camera got, on one detector that takes turns in fixed time."""
    order, turn_s = FairOrder(), 1 / detections_per_s
    due: Counter[str] = Counter()
    got: Counter[str] = Counter()
    frames: dict[str, bool] = dict.fromkeys(cameras, False)
    taken = dict.fromkeys(cameras, -1)
    at_s = 0.0
    for step in range(int(seconds * 1000)):
        at_s = step / 1000
        for name, camera in cameras.items():
            number = int(at_s * camera.fps)
            if number > taken[name]:
                taken[name] = number
                frames[name] = camera.is_open(at_s)
                due[name] += frames[name]
                if frames[name]:
                    order.ask(name, 1 / camera.fps)
        if step % max(round(turn_s * 1000), 1) == 0 and (served := order.next()) is not None:
            got[served] += 1
    return {name: got[name] / due[name] for name in cameras}


FOUR = {name: Camera(5.0) for name in "abcd"}
MIXED = {"a": Camera(20.0), "b": Camera(5.0), "c": Camera(5.0), "d": Camera(10.0)}
FLICKER = {"a": Camera(10.0), "b": Camera(10.0), "c": Camera(10.0, open_s=1.0, shut_s=1.0)}


@pytest.mark.parametrize(
    ("cameras", "detections_per_s", "expected"),
    [
        (FOUR, 25.0, 1.0),
        (FOUR, 10.0, 0.5),
        (FOUR, 5.0, 0.25),
        (MIXED, 50.0, 1.0),
        (MIXED, 20.0, 0.5),
    ],
)
def test_every_camera_gets_the_same_share_of_its_own_need(
    cameras: dict[str, Camera], detections_per_s: float, expected: float
) -> None:
    found = shares(cameras, detections_per_s=detections_per_s)
    assert found == pytest.approx(dict.fromkeys(cameras, expected), abs=0.02)


def test_a_camera_whose_gate_opens_now_and_then_is_not_pushed_aside() -> None:
    found = shares(FLICKER, detections_per_s=12.5)
    assert found["c"] >= min(found["a"], found["b"]) >= 0.47
