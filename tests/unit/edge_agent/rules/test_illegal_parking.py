from collections.abc import Callable, Mapping

import msgspec
import pytest
from fakes.staged_road import GROUND, KERB, LANE, Vehicle, Way, driven, hidden, judged, parked, steady

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.illegal_parking import IllegalParkingRule
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import LampReading
from edge_agent.scene.homography import Ground
from edge_agent.scene.road_specs import IllegalParking
from edge_agent.scene.scene import Lane, Zone

IN_LANE = Zone(id="no-stop", polygon=LANE.polygon)
ORIGIN = Origin("cam", "m", ("car", "motorcycle", "bus", "truck"))
WARNED, CONFIRMED = "parking_warned", "parking_confirmed"


def parking(
    *,
    zone: Zone = KERB,
    lane: Lane | None = None,
    signal: str | None = None,
    warn_s: float = 15.0,
    confirm_s: float = 45.0,
) -> IllegalParkingRule:
    spec = IllegalParking(
        id="p", zone=zone.id, signal=signal, warn_s=warn_s, confirm_s=confirm_s, occlusion_s=6
    )
    return IllegalParkingRule(spec, zone, lane, ORIGIN)


def lamp(colour: Callable[[float], str]) -> Callable[[float], Mapping[str, LampReading]]:
    return lambda at_s: {"s1": LampReading(colour(at_s), 0.95, at_s)}


def test_by_default_it_is_one_minute_and_three() -> None:
    events = judged(parking(warn_s=60, confirm_s=180), driven([Vehicle(parked(4.7, 20.0, 5))], 200, fps=5))
    assert [(event.kind, round(event.at_s), round(event.duration_s)) for event in events] == [
        (WARNED, 65, 60),
        (CONFIRMED, 185, 180),
    ]
    assert IllegalParking(id="p", zone="z").occlusion_s == 15


@pytest.mark.parametrize(
    ("vehicles", "seconds", "expected"),
    [
        pytest.param([Vehicle(parked(4.7, 20.0, 5, 18))], 26, [], id="a short delivery"),
        pytest.param([Vehicle(parked(4.7, 20.0, 5, 30))], 38, [(WARNED, 20)], id="warned of, then gone"),
        pytest.param(
            [Vehicle(parked(4.7, 20.0, 5))],
            60,
            [(WARNED, 20), (CONFIRMED, 50)],
            id="stays: told twice, once each",
        ),
        pytest.param([Vehicle(parked(7.5, 20.0, 5))], 40, [], id="beside the zone"),
        pytest.param([Vehicle(parked(1.75, 20.0, 5))], 40, [], id="in the lane beside the zone"),
        pytest.param(
            [Vehicle(parked(4.7, 20.0, 5, 17)), Vehicle(parked(4.7, 20.0, 24, 36))],
            45,
            [],
            id="one leaves, another comes to the same place",
        ),
        pytest.param(
            [Vehicle(parked(4.7, 20.0, 5, 8)), Vehicle(hidden(parked(4.7, 20.0, 9), (0, 10)))],
            30,
            [(WARNED, 25)],
            id="one stops for a moment, another's track begins in the same place",
        ),
        pytest.param(
            [Vehicle(hidden(parked(4.7, 20.0, 5), (12, 17)))],
            30,
            [(WARNED, 20)],
            id="hidden for 5 s, goes on under a new track",
        ),
        pytest.param(
            [Vehicle(hidden(parked(4.7, 20.0, 4), (10, 13), (15, 19.5)))],
            30,
            [(WARNED, 20)],
            id="hidden twice",
        ),
        pytest.param(
            [Vehicle(hidden(parked(4.7, 20.0, 5), (12, 21)))], 45, [(WARNED, 36)], id="hidden for too long"
        ),
        pytest.param(
            [
                Vehicle(hidden(parked(4.7, 20.0, 5), (12, 99))),
                Vehicle(hidden(parked(4.7, 20.0, 5), (0, 14)), "bus"),
            ],
            26,
            [],
            id="another kind of vehicle shows up there",
        ),
        pytest.param(
            [Vehicle(parked(4.7, 20.0, 5), "motorcycle"), Vehicle(parked(5.5, 24.0, 10), "motorcycle")],
            35,
            [(WARNED, 20), (WARNED, 25)],
            id="two motorbikes, each by itself",
        ),
    ],
)
@pytest.mark.parametrize(("fps", "dropped"), [(5, 0.0), (10, 0.0), (15, 0.0), (10, 0.2)])
def test_who_stops_is_warned_of_and_confirmed(
    vehicles: list[Vehicle], seconds: float, expected: list[tuple[str, float]], fps: float, dropped: float
) -> None:
    """Terms of 15 s and 45 s, and 6 s hidden: the same decisions at any rate, with blinks and lost frames."""
    frames = driven(vehicles, seconds, fps=fps, jitter=0.01, missed=0.1, dropped=dropped, seed=4)
    events = judged(parking(), frames)
    assert [kind for kind, _ in expected] == [event.kind for event in events]
    assert [at_s for _, at_s in expected] == pytest.approx([event.at_s for event in events], abs=2)
    assert all(event.zone_or_line == "kerb" and event.xyxy is not None for event in events)


def creeping(east: float, start: float, every_s: float, step_m: float) -> Way:
    """Moves on by a step now and then, as a queue does."""
    return lambda t: (east, start + step_m * (t // every_s))


def test_a_vehicle_that_creeps_on_does_not_stand() -> None:
    assert judged(parking(), driven([Vehicle(creeping(4.7, 18.0, 8, 2.0))], 60, fps=5, jitter=0.01)) == []


@pytest.mark.parametrize("ground", [GROUND, None], ids=["surveyed", "not surveyed"])
@pytest.mark.parametrize("north", [18.0, 26.0, 34.0])
@pytest.mark.parametrize("class_name", ["car", "motorcycle", "truck"])
def test_trembling_is_not_moving_at_any_distance(
    class_name: str, north: float, ground: Ground | None
) -> None:
    frames = driven([Vehicle(parked(4.7, north, 5), class_name)], 30, fps=5, jitter=0.02, missed=0.2, seed=9)
    assert [event.kind for event in judged(parking(), frames, ground=ground)] == [WARNED]


@pytest.mark.parametrize("ground", [GROUND, None], ids=["surveyed", "not surveyed"])
def test_moving_on_by_a_length_ends_the_stand(ground: Ground | None) -> None:
    def way(t: float) -> tuple[float, float]:
        return (4.7, 18.0 if t < 12 else 22.5)

    events = judged(parking(), driven([Vehicle(way)], 35, jitter=0.01), ground=ground)
    assert [event.at_s for event in events] == pytest.approx([27.5], abs=1.5)


def test_a_passer_by_who_takes_the_track_along_does_not_end_the_stand() -> None:
    """The standing car's track goes off with a passer-by, and another track stands in its place."""
    one = driven([Vehicle(lambda t: (4.7, 20.0 + max(t - 10, 0) * 6) if t < 16 else None)], 25)
    other = driven([Vehicle(lambda t: (4.7, 20.0) if t >= 10.5 else None)], 25)
    frames = [
        Tracks(
            a.at_s,
            (*a.live, *(_renamed(track, 7) for track in b.live)),
        )
        for a, b in zip(one, other, strict=True)
    ]
    events = judged(parking(), frames)
    assert [(event.kind, event.track_id) for event in events] == [(WARNED, 7)]
    assert events[0].at_s == pytest.approx(15, abs=1)


def test_two_tracks_that_are_exchanged_while_one_hides_the_other_do_not_end_the_stand() -> None:
    """The parked car's track goes off with a passer-by; his comes back after a gap, in the parked place."""
    one = driven([Vehicle(lambda t: (4.7, 20.0 + max(t - 20, 0) * 6) if t < 26 else None)], 40)
    other = driven([Vehicle(_exchanged)], 40)
    frames = [
        Tracks(a.at_s, (*a.live, *(_renamed(track, 7) for track in b.live)))
        for a, b in zip(one, other, strict=True)
    ]
    assert [(event.kind, event.track_id) for event in judged(parking(confirm_s=30.0), frames)] == [
        (WARNED, 1),
        (CONFIRMED, 7),
    ]


def _exchanged(at_s: float) -> tuple[float, float] | None:
    """Drives up beside the place, is hidden, and is where the other one stood."""
    if at_s < 19:
        return (4.7, 20.0 + (at_s - 19) * 6 - 5) if at_s > 16 else None
    return (4.7, 20.0) if at_s >= 20.4 else None


def _renamed(track: Track, tracker_id: int) -> Track:

    return msgspec.structs.replace(track, tracker_id=tracker_id)


QUEUE = [Vehicle(parked(1.75, 44.0 - 7 * number, 8 + number, 30 + 2 * number)) for number in range(4)]


def test_a_queue_before_the_signal_is_no_parking() -> None:
    red = lamp(lambda t: "red" if t < 29 else "green")
    assert judged(parking(zone=IN_LANE, signal="s1"), driven(QUEUE, 45, fps=5, jitter=0.01), lamps=red) == []
    green = lamp(lambda _: "green")
    told = judged(parking(zone=IN_LANE, signal="s1"), driven(QUEUE, 45, fps=5, jitter=0.01), lamps=green)
    assert {event.kind for event in told} == {WARNED}


def test_a_queue_in_the_lane_is_no_parking() -> None:
    assert judged(parking(zone=IN_LANE, lane=LANE), driven(QUEUE, 45, fps=5, jitter=0.01)) == []


def test_a_row_of_parked_vehicles_that_others_drive_past_is_no_queue() -> None:
    row = [Vehicle(parked(4.7, 16.0 + 6 * number, 5)) for number in range(4)]
    passing = [Vehicle(steady(30, at_s=8.0 * number)) for number in range(4)]
    wide = Lane(
        id="wide", polygon=(*LANE.polygon[:1], *KERB.polygon[1:3], *LANE.polygon[3:]), direction=(0, -1)
    )
    events = judged(parking(lane=wide), driven([*row, *passing], 30, fps=5, jitter=0.01))
    assert [event.kind for event in events] == [WARNED] * 4


def test_time_at_red_does_not_count_and_time_at_green_does() -> None:
    phases = lamp(lambda t: "red" if t % 20 < 10 else "green")
    events = judged(
        parking(zone=IN_LANE, signal="s1"), driven([Vehicle(parked(1.75, 20.0, 5))], 50, fps=5), lamps=phases
    )
    assert [event.kind for event in events] == [WARNED]
    assert events[0].at_s == pytest.approx(35, abs=2)
    assert events[0].duration_s == pytest.approx(15, abs=0.5)


def test_while_nobody_knows_what_the_signal_shows_nothing_counts_and_that_is_said() -> None:
    rule = parking(zone=IN_LANE, signal="s1")
    assert judged(rule, driven([Vehicle(parked(1.75, 20.0, 5))], 30)) == []
    assert rule.unjudged == "signal_unknown"


def test_a_pause_forgets_who_stood() -> None:
    rule = parking()
    frames = driven([Vehicle(parked(4.7, 20.0, 5))], 30)
    assert judged(rule, frames[:180]) == []
    rule.pause()
    assert judged(rule, frames[180:]) == []
    assert rule.finish() == []


def test_without_frames_for_long_nobody_knows_who_stood() -> None:
    frames = driven([Vehicle(parked(4.7, 20.0, 5))], 35)
    assert judged(parking(), [*frames[:150], *frames[230:]]) == []


def test_what_is_kept_is_bounded_by_who_is_there() -> None:
    rule = parking(warn_s=3, confirm_s=9)
    judged(rule, driven([Vehicle(parked(4.7, 20.0, 5 + 20 * n, 14 + 20 * n)) for n in range(5)], 120, fps=5))
    assert (len(rule._stands), len(rule._hidden)) == (0, 0)


@pytest.mark.parametrize("stays_s", [12.0, 13.0, 14.0])
def test_who_drives_off_just_in_time_is_not_told_of(stays_s: float) -> None:
    """Places are smoothed and lag; the latest sight does not."""
    frames = driven([Vehicle(parked(4.7, 20.0, 5, 5 + stays_s))], 30, fps=15, jitter=0.01)
    assert judged(parking(), frames) == []


def test_a_vehicle_that_moves_off_a_little_and_comes_back_is_not_told_of_twice() -> None:
    def way(t: float) -> tuple[float, float]:
        return (4.7, 20.0 if t < 18 or t > 22 else 21.6)

    events = judged(parking(), driven([Vehicle(way)], 60, fps=5, jitter=0.01))
    assert [event.kind for event in events] == [WARNED, CONFIRMED]


@pytest.mark.parametrize("kmh", [3.0, 5.0, 8.0])
def test_who_passes_slowly_where_another_stood_is_not_told_of_in_its_place(kmh: float) -> None:
    stood = Vehicle(parked(4.7, 20.0, 5, 17))
    passing = steady(kmh, east=4.7, start=20.0 - kmh / 3.6, at_s=19.0)
    passes = Vehicle(lambda t: None if t < 19.4 else passing(t))
    assert judged(parking(), driven([stood, passes], 30)) == []
