import msgspec
import pytest
from fakes.staged_walks import Spot, Walk, moments, told

from edge_agent.rules.abandoned import abandoned_rule
from edge_agent.rules.left_behind import LeftBehindRule
from edge_agent.rules.littering import littering_rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Sight, StaticBlob
from edge_agent.scene.public_specs import CARRIERS, Abandoned, Littering
from edge_agent.scene.scene import Zone

ZONE = Zone(id="park", polygon=((0.05, 0.1), (0.95, 0.1), (0.95, 0.98), (0.05, 0.98)))
ORIGIN = Origin("cam", "m", CARRIERS)
RATES = [
    pytest.param(5, 0.2, id="5 fps, a fifth dropped"),
    pytest.param(10, 0.2, id="10 fps, a fifth dropped"),
    pytest.param(15, 0.0, id="15 fps"),
]
DROP_S = 10.0
PASSES = Walk(1, [(6, 0.1, 0.8), (DROP_S, 0.45, 0.8), (DROP_S + 1, 0.48, 0.8), (17, 0.9, 0.8)])
"""Stops for a second and walks on."""
STAYS = Walk(1, [(6, 0.1, 0.8), (DROP_S, 0.45, 0.8), (100, 0.48, 0.8)])
BAG = Walk(9, [(DROP_S + 0.5, 0.46, 0.8), (200, 0.46, 0.8)], "handbag", 0.02, 0.04)
CARRIED = Walk(
    9,
    [(6, 0.11, 0.75), (DROP_S, 0.46, 0.75), (DROP_S + 0.5, 0.46, 0.8), (200, 0.46, 0.8)],
    "handbag",
    0.02,
    0.04,
)
SPOT = Spot(1, DROP_S + 1, 300, 0.46, 0.8)


def littering() -> LeftBehindRule:
    return littering_rule(Littering(id="l", zone="park"), ZONE, ORIGIN)


def abandoned() -> LeftBehindRule:
    return abandoned_rule(Abandoned(id="a", zone="park"), ZONE, ORIGIN)


@pytest.mark.parametrize(("fps", "dropped"), RATES)
@pytest.mark.parametrize(
    ("walks", "spots", "class_name"),
    [
        pytest.param([PASSES, BAG], [], "handbag", id="a detected bag"),
        pytest.param([PASSES, CARRIED], [], "handbag", id="a bag that was seen carried"),
        pytest.param([PASSES], [SPOT], "object", id="a change of the picture"),
        pytest.param([PASSES, BAG], [SPOT], "handbag", id="both are one thing"),
    ],
)
def test_what_somebody_drops_and_leaves_is_told_once(
    walks: list[Walk], spots: list[Spot], class_name: str, fps: float, dropped: float
) -> None:
    events = told(littering(), moments(walks, until_s=25, fps=fps, dropped=dropped, spots=spots))
    assert [(each.kind, each.class_name, each.track_id) for each in events] == [("littered", class_name, 1)]
    assert events[0].at_s == pytest.approx(DROP_S + 6, abs=1.2)
    assert events[0].xyxy is not None


@pytest.mark.parametrize(("fps", "dropped"), RATES[:1])
@pytest.mark.parametrize(
    ("walks", "spots"),
    [
        pytest.param([STAYS, BAG], [SPOT], id="puts a bag down and stays"),
        pytest.param(
            [Walk(1, [(6, 0.1, 0.8), (14, 0.9, 0.8)])],
            [Spot(1, -10, 300, 0.46, 0.8)],
            id="a parcel that was there before",
        ),
        pytest.param(
            [
                Walk(1, [(30, 0.1, 0.8), (38, 0.9, 0.8)]),
                Walk(9, [(0, 0.46, 0.8), (200, 0.46, 0.8)], "suitcase", 0.03, 0.06),
            ],
            [],
            id="a suitcase that was there before",
        ),
        pytest.param(
            [
                Walk(1, [(30, 0.1, 0.8), (38, 0.9, 0.8)]),
                Walk(9, [(0, 0.46, 0.8), (10, 0.46, 0.8)], "suitcase", 0.03, 0.06),
                Walk(10, [(34, 0.461, 0.8), (60, 0.461, 0.8)], "suitcase", 0.03, 0.06),
            ],
            [],
            id="the detector blinks while somebody passes",
        ),
        pytest.param([PASSES], [Spot(1, DROP_S + 1, 300, 0.46, 0.4)], id="nobody was near"),
        pytest.param([PASSES], [Spot(1, DROP_S + 1, 300, 0.46, 0.8, 0.16)], id="as large as a person"),
        pytest.param([PASSES], [Spot(1, DROP_S + 1, DROP_S + 4, 0.46, 0.8)], id="gone again"),
        pytest.param(
            [PASSES, Walk(9, [(6, 0.11, 0.75), (10, 0.46, 0.75), (17, 0.9, 0.75)], "handbag", 0.02, 0.04)],
            [],
            id="a bag that is carried on",
        ),
        pytest.param(
            [Walk(1, [(6, 0.1, 0.8), (11, 0.45, 0.8)]), Walk(2, [(11.5, 0.45, 0.8), (80, 0.46, 0.8)]), BAG],
            [SPOT],
            id="the track of who stays breaks",
        ),
    ],
)
def test_legal_behaviour_is_not_told(
    walks: list[Walk], spots: list[Spot], fps: float, dropped: float
) -> None:
    assert told(littering(), moments(walks, until_s=45, fps=fps, dropped=dropped, spots=spots)) == []


def test_a_motorbike_that_throws_something_away_is_a_carrier() -> None:
    bike = Walk(3, [(9, 0.1, 0.8), (12, 0.95, 0.8)], "motorcycle", 0.08, 0.18)
    events = told(littering(), moments([bike], until_s=40, spots=[Spot(1, 10.4, 300, 0.46, 0.83)]))
    assert [(each.kind, each.track_id) for each in events] == [("littered", 3)]


def test_who_goes_out_of_the_picture_is_away() -> None:
    away = Walk(1, [(6, 0.1, 0.8), (DROP_S, 0.45, 0.8), (DROP_S + 1, 0.45, 0.8), (13, 0.6, 0.8)])
    assert len(told(littering(), moments([away], until_s=40, spots=[SPOT]))) == 1


def test_who_comes_back_in_time_has_not_left_it() -> None:
    back = Walk(1, [(6, 0.1, 0.8), (10, 0.45, 0.8), (12, 0.6, 0.8), (14, 0.47, 0.8), (100, 0.47, 0.8)])
    assert told(littering(), moments([back], until_s=60, spots=[SPOT])) == []


def test_a_thing_outside_the_zone_is_not_told() -> None:
    zone = Zone(id="far", polygon=((0.7, 0.1), (0.95, 0.1), (0.95, 0.98), (0.7, 0.98)))
    subject = littering_rule(Littering(id="l", zone="far"), zone, ORIGIN)
    assert told(subject, moments([PASSES], until_s=40, spots=[SPOT])) == []


def test_a_second_thing_in_another_place_is_told_too() -> None:
    second = Walk(2, [(30, 0.1, 0.6), (34, 0.3, 0.6), (35, 0.3, 0.6), (42, 0.9, 0.6)])
    spots = [SPOT, Spot(2, 35, 300, 0.31, 0.6)]
    events = told(littering(), moments([PASSES, second], until_s=80, spots=spots))
    assert [each.track_id for each in events] == [1, 2]


@pytest.mark.parametrize(("fps", "dropped"), RATES)
def test_an_abandoned_object_lies_for_a_minute_with_its_owner_away(fps: float, dropped: float) -> None:
    events = told(abandoned(), moments([PASSES, BAG], until_s=120, fps=fps, dropped=dropped))
    assert [(each.kind, each.class_name) for each in events] == [("object_abandoned", "handbag")]
    assert events[0].at_s == pytest.approx(DROP_S + 60, abs=2)
    assert events[0].duration_s == pytest.approx(60, abs=1)


def test_an_owner_who_looks_after_it_now_and_then_has_not_abandoned_it() -> None:
    stops = [(6.0, 0.1, 0.8), (10.0, 0.45, 0.8)]
    for turn in range(6):
        stops += [(14.0 + 24 * turn, 0.85, 0.8), (28.0 + 24 * turn, 0.85, 0.8), (32.0 + 24 * turn, 0.47, 0.8)]
    assert told(abandoned(), moments([Walk(1, stops), BAG], until_s=150)) == []


def test_a_thing_that_nobody_sees_any_more_is_not_told() -> None:
    """It is picked up while somebody stands before it, and he is gone before the picture shows it."""
    subject = littering()
    events = []
    for moment in moments([PASSES], until_s=40, spots=[SPOT]):
        hidden = tuple(
            StaticBlob(each.blob_id, each.xyxy, each.born_s, each.still_s, is_hidden=moment.at_s > 14)
            for each in moment.sight.blobs
        )
        sight = Sight(aspect=moment.sight.aspect, blobs=hidden)
        events += subject.step(msgspec.structs.replace(moment, sight=sight))
    assert events == []


def test_a_pause_forgets_and_what_lies_there_then_was_there_before() -> None:
    subject = littering()
    assert told(subject, moments([PASSES, BAG], until_s=13)) == []
    subject.pause()
    assert told(subject, moments([PASSES, BAG], until_s=40, from_s=14)) == []


def test_a_carrier_lost_next_to_others_is_counted_as_unjudged() -> None:
    lost = Walk(1, [(6, 0.1, 0.8), (10, 0.45, 0.8), (12, 0.46, 0.8)])
    other = Walk(2, [(8, 0.1, 0.78), (13, 0.47, 0.78), (60, 0.47, 0.78)])
    subject = littering()
    words = set()
    for moment in moments([lost, other, BAG], until_s=40):
        assert subject.step(moment) == []
        words.add(subject.unjudged)
    assert words == {"", "carrier_lost"}


def test_state_is_bounded() -> None:
    subject = littering()
    walks = [Walk(n, [(n / 4, 0.1, 0.8), (n / 4 + 4, 0.9, 0.8)]) for n in range(1, 80)]
    spots = [Spot(n, n / 4, 60, 0.1 + 0.005 * n, 0.5) for n in range(1, 80)]
    told(subject, moments(walks, until_s=24, fps=2, spots=spots))
    assert len(subject._things.known) <= 64
    assert len(subject._carriers._sights) <= 3000
