import pytest
from fakes.lamp_pictures import View, boxes, picture

from edge_agent.capture.frame import Frame
from edge_agent.rules.sight import LampReading
from edge_agent.scene.scene import Scene, Signal
from edge_agent.scene.signal_specs import RedLight, WrongWay
from edge_agent.signal_reader import SignalReader

LAMPS, BOX = boxes(View())
RULE = RedLight(id="r", stop_line="stop", lane="ahead", signal="lamp")


class Says:
    """A feed whose controller has said one thing."""

    def __init__(self, word: LampReading | None) -> None:
        self._word = word

    def newest(self, signal_id: str) -> LampReading | None:
        return self._word if signal_id == "lamp" else None


def scene(signal: Signal, *, asked: bool = True) -> Scene:
    rule = RULE if asked else WrongWay(id="w", lane="ahead")
    return Scene(signals=(signal,), rules=(rule,))


def read(signal: Signal, word: LampReading | None, *, at_s: float = 10.0) -> LampReading:
    frame = Frame("cam", picture(View(), ("red",)), 0, at_s)
    return SignalReader(scene(signal), Says(word)).read(frame)["lamp"]


GREEN = LampReading("green", 1.0, 9.0)
BOTH = Signal("lamp", BOX, {"red": LAMPS["red"], "green": LAMPS["green"]}, "mqtt:7")


def test_lamps_are_read_from_the_picture() -> None:
    found = read(Signal("lamp", BOX, BOTH.lamps), None)
    assert (found.colour, found.at_s, found.told) == ("red", 10.0, False)
    assert found.confidence > 0.9


@pytest.mark.parametrize(
    ("signal", "word", "expected"),
    [
        pytest.param(BOTH, GREEN, ("green", 9.0, True), id="word before lamps"),
        pytest.param(BOTH, None, ("red", 10.0, False), id="silent"),
        pytest.param(BOTH, LampReading("green", 1.0, 4.0), ("red", 10.0, False), id="stale"),
        pytest.param(Signal("lamp", source="mqtt:7"), None, ("", 10.0, False), id="nothing to read"),
        pytest.param(Signal("lamp", source="mqtt:7"), GREEN, ("green", 9.0, True), id="a word alone"),
        pytest.param(
            Signal("lamp", source="mqtt:7", delay_s=0.6),
            GREEN,
            ("green", 9.6, True),
            id="the picture is late",
        ),
        pytest.param(
            Signal("lamp", source="mqtt:7", stale_s=0.5), GREEN, ("", 10.0, False), id="a short patience"
        ),
    ],
)
def test_what_is_known_of_a_signal(
    signal: Signal, word: LampReading | None, expected: tuple[str, float, bool]
) -> None:
    found = read(signal, word)
    assert expected == (found.colour, pytest.approx(found.at_s), found.told)


def test_a_signal_that_no_rule_asks_for_is_not_looked_at() -> None:
    frame = Frame("cam", picture(View(), ("red",)), 0, 1.0)
    assert SignalReader(scene(BOTH, asked=False)).read(frame) == {}


def test_without_anybody_who_listens_the_lamps_are_read() -> None:
    frame = Frame("cam", picture(View(), ("red",)), 0, 1.0)
    assert SignalReader(scene(BOTH)).read(frame)["lamp"].colour == "red"
