import msgspec
import pytest

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import moment_of
from edge_agent.rules.no_helmet import NO_MODEL, NoHelmetRule
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Sight, Trait
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.scene.scene import Zone

ROAD = Zone(id="road", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
ORIGIN = Origin("cam", "m", ("motorcycle", "person"))
BARE, HELMET = ("no_helmet", 0.9), ("helmet", 0.9)
UNSURE = ("no_helmet", 0.6)
Word = tuple[str, float]


def rule(model: str = "heads") -> NoHelmetRule:
    return NoHelmetRule(NoHelmet(id="h", zone="road", model=model), ROAD, ORIGIN)


def frame(at_s: float, *, x: float = 0.5, y: float = 0.8, pillion: bool = False, offset: int = 0) -> Tracks:
    """A motorbike (track 1) with its rider (2), maybe a pillion (3), well known."""

    def track(tracker_id: int, class_name: str, xyxy: tuple[float, float, float, float]) -> Track:
        anchor = ((xyxy[0] + xyxy[2]) / 2, xyxy[3])
        return Track(tracker_id + offset, 0, class_name, 0.9, xyxy, anchor, at_s - 2, at_s, 20)

    bike = track(1, "motorcycle", (x - 0.1, y - 0.3, x + 0.1, y))
    riders = [track(2, "person", (x - 0.05, y - 0.5, x + 0.05, y - 0.1))]
    if pillion:
        riders.append(track(3, "person", (x - 0.09, y - 0.5, x + 0.01, y - 0.1)))
    return Tracks(at_s, (bike, *riders))


def told(
    judge: NoHelmetRule,
    words: list[Word],
    *,
    size_px: float = 60,
    rider: int = 2,
    y: float = 0.8,
    pillion: bool = False,
) -> list[SceneEvent]:
    """One reading of the rider's head in each frame."""
    events = []
    for index, (label, score) in enumerate(words):
        at_s = 10 + index / 10
        sight = Sight(traits={rider: (Trait(label, score, size_px, at_s),)})
        events += judge.step(moment_of(frame(at_s, y=y, pillion=pillion), sight))
    return events


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([BARE] * 4, 0, id="four readings are too few"),
        pytest.param([BARE] * 5, 1, id="five of five"),
        pytest.param([BARE, HELMET, BARE, HELMET, BARE], 1, id="three of five"),
        pytest.param([BARE, HELMET, BARE, HELMET, HELMET], 0, id="two of five"),
        pytest.param([BARE, UNSURE, BARE, UNSURE, UNSURE], 0, id="unsure readings count as no word"),
        pytest.param([HELMET] * 7 + [BARE] * 3, 0, id="three of ten are no three of five"),
        pytest.param([HELMET] * 2 + [BARE] * 3, 1, id="three of five at last"),
        pytest.param([HELMET] * 15, 0, id="a helmet"),
        pytest.param([BARE] * 15, 1, id="told once"),
    ],
)
def test_a_bare_head_takes_three_of_five_readings(words: list[Word], expected: int) -> None:
    assert expected == len(told(rule(), words))


def test_heads_under_forty_pixels_do_not_count() -> None:
    assert told(rule(), [BARE] * 10, size_px=39) == []
    assert len(told(rule(), [BARE] * 10, size_px=40)) == 1


def test_what_is_told_again_is_one_reading() -> None:
    judge, trait, events = rule(), Trait(*BARE, 60, 10.0), []
    for index in range(10):
        events += judge.step(moment_of(frame(10 + index / 10), Sight(traits={2: (trait,)})))
    assert events == []


def test_the_event_is_about_the_motorbike_and_one_for_all_its_riders() -> None:
    judge = rule()
    (event,) = told(judge, [BARE, BARE, HELMET, BARE, BARE])
    assert (event.kind, event.class_name, event.track_id, event.zone_or_line) == (
        "no_helmet",
        "motorcycle",
        1,
        "road",
    )
    assert (event.value, event.duration_s) == (0.8, pytest.approx(0.4))
    assert told(judge, [BARE] * 8, rider=3, pillion=True) == []


def test_a_pillion_is_a_rider_too() -> None:
    assert len(told(rule(), [BARE] * 6, rider=3, pillion=True)) == 1


def test_motorbikes_outside_the_zone_are_not_judged() -> None:
    assert told(rule(), [BARE] * 10, y=0.45) == []


def test_without_readings_nothing_is_decided() -> None:
    judge = rule()
    assert [event for index in range(20) for event in judge.step(moment_of(frame(10 + index / 10)))] == []
    assert judge.unjudged == ""


def test_without_a_second_model_the_rule_says_that_it_decides_nothing() -> None:
    assert rule(model="").unjudged == NO_MODEL


def test_what_is_kept_ends_with_the_tracks_and_with_a_pause() -> None:
    judge = rule()
    told(judge, [BARE] * 6)
    judge.step(moment_of(frame(12.0, offset=10)))
    assert (set(judge._heads), judge._told) == ({12}, set())
    told(judge, [BARE] * 6)
    judge.pause()
    assert (judge._heads, judge._told, judge.finish()) == ({}, set(), [])


def renamed(found: Tracks, ids: dict[int, int]) -> Tracks:
    return Tracks(
        found.at_s,
        tuple(
            msgspec.structs.replace(track, tracker_id=ids.get(track.tracker_id, track.tracker_id))
            for track in found.live
        ),
    )


@pytest.mark.parametrize(
    ("lost", "new"), [(1, 11), (2, 12)], ids=["the motorbike's track", "the rider's track"]
)
@pytest.mark.parametrize("breaks_at", [3, 8], ids=["before it is told of", "afterwards"])
def test_a_broken_track_neither_forgets_the_readings_nor_tells_twice(
    lost: int, new: int, breaks_at: int
) -> None:
    judge, events = rule(), []
    for index in range(12):
        at_s, ids = 10 + index / 10, {lost: new} if index >= breaks_at else {}
        tracks = renamed(frame(at_s), ids)
        traits = {ids.get(2, 2): (Trait(*BARE, 60, at_s),)}
        events += judge.step(moment_of(tracks, Sight(traits=traits)))
    assert [event.at_s for event in events] == pytest.approx([10.4])
