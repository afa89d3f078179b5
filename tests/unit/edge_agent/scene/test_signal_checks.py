import pytest

from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.signal_specs import RedLight, RestrictedLane, SolidLine, StopLine, WrongWay

JUNCTION = """
[[lines]]
id = "stop"
from = [0.2, 0.6]
to = [0.8, 0.6]
[[zones]]
id = "middle"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.4], [0.1, 0.4]]
[[lanes]]
id = "ahead"
polygon = [[0.2, 0.6], [0.5, 0.6], [0.5, 0.9], [0.2, 0.9]]
direction = [0, -1]
[[lanes]]
id = "right"
polygon = [[0.5, 0.6], [0.8, 0.6], [0.8, 0.9], [0.5, 0.9]]
direction = [0.2, -1]
[[signals]]
id = "lamp"
box = [0.1, 0.1, 0.2, 0.4]
lamps = { red = [0.1, 0.1, 0.2, 0.2], green = [0.1, 0.3, 0.2, 0.4] }
[[rules]]
id = "r"
kind = "red_light"
stop_line = "stop"
lane = "ahead"
signal = "lamp"
turn_lanes = ["right"]
[[rules]]
id = "s"
kind = "stop_line"
stop_line = "stop"
lane = "ahead"
signal = "lamp"
junction = "middle"
"""
MORE = """
[[rules]]
id = "w"
kind = "wrong_way"
lane = "ahead"
[[rules]]
id = "l"
kind = "solid_line"
line = "stop"
forbidden = "forward"
[[rules]]
id = "b"
kind = "restricted_lane"
zone = "middle"
classes = ["car"]
"""


def test_the_rules_of_a_junction_are_read_with_their_defaults() -> None:
    assert parse_scene(JUNCTION + MORE, "s.toml").rules == (
        RedLight(
            id="r", stop_line="stop", lane="ahead", signal="lamp", turn_lanes=("right",), min_red_s=0.5,
            beyond_m=1.0, beyond_s=0.3, classes=("bicycle", "motorcycle", "car", "bus", "truck"),
        ),
        StopLine(id="s", stop_line="stop", lane="ahead", signal="lamp", junction="middle", hold_s=2.0),
        WrongWay(id="w", lane="ahead", min_s=1.5, angle=135.0, min_m=5.0, min_lengths=2.0),
        SolidLine(id="l", line="stop", forbidden="forward", stay_s=0.5, beyond_m=0.3),
        RestrictedLane(id="b", zone="middle", inside_s=2.0, classes=("car",)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "source", ["mqtt:junction/7/state", "http://10.0.0.7:8080/signals/3", "https://controller/state?head=2"]
)
def test_a_signal_may_come_from_a_controller(source: str) -> None:
    old = "box = [0.1, 0.1, 0.2, 0.4]\nlamps = { red = [0.1, 0.1, 0.2, 0.2], green = [0.1, 0.3, 0.2, 0.4] }"
    (signal,) = parse_scene(JUNCTION.replace(old, f'source = "{source}"'), "s.toml").signals
    assert (signal.source, signal.stale_s, signal.delay_s) == (source, 5.0, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("direction = [0, -1]", "direction = [1, 0.05]", ["runs along stop_line"], id="along"),
        pytest.param('["right"]', '["ahead"]', ["rule's own lane"], id="own lane"),
        pytest.param('["right"]', '["left"]', ['no lane "left"', "ahead, right"], id="unknown turn lane"),
        pytest.param("[0.9, 0.4], [0.1, 0.4]", "[0.9, 0.7], [0.1, 0.7]", ["holds the"], id="junction"),
        pytest.param("{ red =", "{ amber =", ["has no red"], id="no red"),
        pytest.param("{ red =", "{ blue =", ["'blue'"], id="blue"),
        pytest.param("red = [0.1, 0.1, 0.2, 0.2]", "red = [0.5, 0.1, 0.6, 0.2]", ["outside"], id="outside"),
        pytest.param("box = [", 'source = "http://a b"\nbox = [', ["no feed"], id="blank in an address"),
        pytest.param("box = [", 'source = "http://user:pw@host/x"\nbox = [', ["no feed"], id="password"),
        pytest.param("box = [", 'source = "mqtt:junction/#"\nbox = [', ["without wildcards"], id="wildcard"),
        pytest.param("box = [", 'source = "mqtt:"\nbox = [', ["no feed"], id="no topic"),
        pytest.param("box = [", 'source = "ftp://x"\nbox = [', ["no feed"], id="another protocol"),
        pytest.param('forbidden = "forward"', 'forbidden = "left"', ["'left'"], id="direction"),
        pytest.param('classes = ["car"]', "", ["`classes`"], id="restricted for nobody"),
    ],
)
def test_what_does_not_fit_together_is_refused(old: str, new: str, words: list[str]) -> None:
    text = JUNCTION + MORE
    assert text.count(old) == 1
    with pytest.raises(SceneError) as refusal:
        parse_scene(text.replace(old, new), "s.toml")
    assert [word for word in words if word not in str(refusal.value)] == []
