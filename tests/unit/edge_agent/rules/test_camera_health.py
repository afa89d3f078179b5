from collections.abc import Callable, Iterable

import pytest

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.camera_health import CameraHealthRule
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import moment_of
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Condition, Sight
from edge_agent.scene.public_specs import CameraHealth

GOOD = Condition()
FROZEN = Condition(is_frozen=True)
DARK = Condition(brightness=0.02, sharpness=0.2, covered=1.0, moved=None)
BLURRED = Condition(sharpness=0.3, moved=0.2)
COVERED = Condition(covered=0.9, sharpness=0.1, moved=None)
MOVED = Condition(moved=0.1)
LORRY = Condition(covered=0.5, moved=0.01)


def rule() -> CameraHealthRule:
    return CameraHealthRule(CameraHealth(id="h"), Origin("cam", "m", ("person",)))


def step(subject: CameraHealthRule, at_s: float, condition: Condition | None) -> list[SceneEvent]:
    return subject.step(moment_of(Tracks(at_s, ()), Sight(condition=condition)))


def told(
    subject: CameraHealthRule, spells: Iterable[tuple[float, Condition | None]], fps: float = 5.0
) -> list[tuple[str, float]]:
    """Kinds and times, for so many seconds of each picture."""
    conditions = [condition for seconds, condition in spells for _ in range(round(seconds * fps))]
    return [
        (event.kind, round(event.at_s, 1))
        for index, condition in enumerate(conditions)
        for event in step(subject, index / fps, condition)
    ]


@pytest.mark.parametrize("fps", [1, 5, 15])
@pytest.mark.parametrize(
    ("condition", "name"),
    [(FROZEN, "frozen"), (DARK, "dark"), (BLURRED, "blurred"), (COVERED, "covered"), (MOVED, "moved")],
)
def test_a_fault_is_told_after_ten_seconds_and_its_end_after_ten_more(
    condition: Condition, name: str, fps: float
) -> None:
    events = told(rule(), [(20, GOOD), (30, condition), (30, GOOD)], fps)
    assert [kind for kind, _ in events] == [f"camera_{name}", f"camera_{name}_recovered"]
    assert [at_s for _, at_s in events] == pytest.approx([30, 60], abs=1.1)


@pytest.mark.parametrize(
    "spells",
    [
        pytest.param([(20, GOOD), (9, MOVED), (30, GOOD)], id="a gust of wind"),
        pytest.param([(20, GOOD), (5, COVERED), (30, GOOD)], id="a lorry for five seconds"),
        pytest.param([(20, GOOD), (60, LORRY), (30, GOOD)], id="a lorry over half of the view"),
        pytest.param([(20, GOOD)] + [(6, MOVED), (3, GOOD)] * 10, id="there and back"),
        pytest.param([(60, Condition(brightness=0.08, moved=None))], id="dusk"),
        pytest.param([(60, None)], id="nobody looks"),
    ],
)
def test_what_passes_is_no_fault(spells: list[tuple[float, Condition | None]]) -> None:
    assert told(rule(), spells) == []


def test_a_moved_camera_stays_moved_through_the_night() -> None:
    events = told(rule(), [(5, GOOD), (20, MOVED), (60, DARK), (40, MOVED)])
    assert [kind for kind, _ in events] == ["camera_moved", "camera_dark", "camera_dark_recovered"]


def test_a_figure_at_its_limit_does_not_flicker() -> None:
    near = [(12, Condition(moved=0.031 if index % 2 else 0.028)) for index in range(20)]
    assert [kind for kind, _ in told(rule(), near)] == ["camera_moved"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (GOOD, ()),
        (BLURRED, ()),
        (FROZEN, ("frozen",)),
        (DARK, ("dark",)),
        (COVERED, ("covered",)),
        (MOVED, ("moved",)),
        (Condition(is_frozen=True, moved=0.1), ("frozen", "moved")),
    ],
)
def test_the_other_rules_rest_in_faults_that_mislead_them(
    condition: Condition, expected: tuple[str, ...]
) -> None:
    subject = rule()
    told(subject, [(15, condition)])
    assert expected == subject.blocking


def silent(subject: CameraHealthRule, from_s: int, to_s: int) -> list[SceneEvent]:
    return [event for second in range(from_s, to_s) for event in subject.absent(float(second))]


def test_no_frame_for_twenty_seconds_is_offline_and_ten_of_frames_bring_it_back() -> None:
    subject = rule()
    told(subject, [(10, GOOD)])
    events = silent(subject, 11, 60)
    assert [(each.kind, each.at_s, each.duration_s) for each in events] == [
        ("camera_offline", pytest.approx(29.8), 20.0)
    ]
    back = [event for index in range(100) for event in step(subject, 60 + index / 5, GOOD)]
    assert [(each.kind, each.at_s) for each in back] == [("camera_offline_recovered", pytest.approx(70.0))]
    assert back[0].duration_s == pytest.approx(50.2)


def test_a_camera_that_never_gave_a_frame_is_offline_too() -> None:
    assert [each.at_s for each in silent(rule(), 100, 200)] == [120.0]


def test_a_gap_between_two_frames_is_noticed_without_a_tick() -> None:
    subject = rule()
    step(subject, 0.0, GOOD)
    assert [(each.kind, each.at_s) for each in step(subject, 45.0, GOOD)] == [("camera_offline", 20.0)]


def test_a_short_gap_is_no_fault_and_holds_no_fault_up() -> None:
    subject = rule()
    told(subject, [(5, GOOD), (4, MOVED)])
    assert silent(subject, 10, 24) == []
    assert step(subject, 24.0, MOVED) == []


def test_a_stream_that_drops_again_and_again_is_offline_once() -> None:
    subject = rule()
    step(subject, 0.0, GOOD)
    kinds = []
    for begin in range(30, 300, 30):
        kinds += [event.kind for event in silent(subject, begin - 29, begin)]
        kinds += [event.kind for index in range(10) for event in step(subject, begin + index / 5, GOOD)]
    assert kinds == ["camera_offline"]


def test_what_nobody_looked_at_is_counted_and_a_pause_forgets() -> None:
    subject = rule()
    step(subject, 0.0, None)
    assert subject.unjudged == "picture_unknown"
    told(subject, [(15, MOVED)])
    forget: Callable[[], None] = subject.pause
    forget()
    assert subject.blocking == ()
    assert subject.finish() == []
