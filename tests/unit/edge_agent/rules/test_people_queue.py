import pytest
from fakes.staged_walks import Walk, moments, told

from edge_agent.rules.gauges import How
from edge_agent.rules.origin import Origin
from edge_agent.rules.people_queue import PeopleQueueRule
from edge_agent.scene.public_specs import PeopleQueue
from edge_agent.scene.scene import Zone

QUEUE = Zone(id="queue", polygon=((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.3, 0.9)))
COUNTER = Zone(id="counter", polygon=((0.72, 0.3), (0.9, 0.3), (0.9, 0.9), (0.72, 0.9)))
RATES = [
    pytest.param(5, 0.2, id="5 fps, a fifth dropped"),
    pytest.param(10, 0.2, id="10 fps, a fifth dropped"),
    pytest.param(15, 0.0, id="15 fps"),
]


def rule(**terms: float) -> PeopleQueueRule:
    spec = PeopleQueue(id="q", zone="queue", service_point="counter", **terms)  # type: ignore[arg-type]
    return PeopleQueueRule(spec, QUEUE, COUNTER, Origin("cam", "m", ("person",)))


def stander(number: int, begin_s: float, end_s: float, x: float = 0.5) -> Walk:
    """Comes from the left, stands, and goes back to the left."""
    y = 0.4 + 0.03 * number
    stops = [
        (begin_s - 2, 0.1, y),
        (begin_s, x, y),
        (end_s, x + 0.01, y),
        (end_s + 2, 0.1, y),
        (end_s + 4, 0.1, y),
    ]
    return Walk(number, stops)


def served(number: int, begin_s: float, wait_s: float) -> Walk:
    """Comes from the left into the queue, waits, steps to the counter for 10 s and is gone."""
    reach_s = begin_s + wait_s
    stops = [(begin_s - 1, 0.1), (begin_s, 0.31), (begin_s + 1, 0.5), (reach_s - 1, 0.52)]
    stops += [(reach_s, 0.73), (reach_s + 10, 0.74), (reach_s + 11, 0.99)]
    return Walk(number, [(at_s, x, 0.6) for at_s, x in stops])


def passer(number: int, begin_s: float) -> Walk:
    return Walk(number, [(begin_s, 0.05, 0.6), (begin_s + 6, 0.95, 0.6)])


@pytest.mark.parametrize(("fps", "dropped"), RATES)
def test_the_queue_is_told_when_it_has_grown_and_when_it_is_empty(fps: float, dropped: float) -> None:
    walks = [stander(number, 5 + number, 60) for number in range(1, 5)]
    events = told(rule(), moments(walks, until_s=90, fps=fps, dropped=dropped))
    assert [(event.kind, event.value) for event in events] == [("queue_changed", 4.0), ("queue_changed", 0.0)]
    grown, empty = events
    assert grown.at_s == pytest.approx(8 + 5 + 10, abs=2)
    assert empty.at_s == pytest.approx(61 + 10, abs=2)


@pytest.mark.parametrize(("fps", "dropped"), RATES)
def test_passers_by_are_no_queue(fps: float, dropped: float) -> None:
    subject = rule()
    walks = [passer(number, 2 + number * 1.5) for number in range(1, 15)]
    seen = moments(walks, until_s=32, fps=fps, dropped=dropped)
    most = 0.0
    for moment in seen:
        assert subject.step(moment) == []
        most = max([most, *(gauge.value or 0.0 for gauge in subject.gauges if gauge.name == "queue_people")])
    assert most == 0.0


@pytest.mark.parametrize(("fps", "dropped"), RATES)
def test_the_wait_of_who_reached_the_counter_is_measured(fps: float, dropped: float) -> None:
    subject = rule()
    walks = [served(1, 10, 30), served(2, 60, 50)]
    waits = []
    for moment in moments(walks, until_s=130, fps=fps, dropped=dropped):
        subject.step(moment)
        waits += [each.value for each in subject.gauges if each.name == "wait_time" and not each.quality]
    assert waits == pytest.approx([30, 50], abs=1.5)


def test_who_was_there_before_anybody_looked_is_counted_and_not_timed() -> None:
    subject = rule()
    walk = Walk(1, [(0, 0.5, 0.6), (30, 0.5, 0.6), (32, 0.75, 0.6), (45, 0.75, 0.6)])
    people, waits = [], []
    for moment in moments([walk], until_s=45):
        subject.step(moment)
        people += [each.value for each in subject.gauges if each.name == "queue_people"]
        waits += [each for each in subject.gauges if each.name == "wait_time"]
    assert max(people) == 1.0
    assert waits == []


def test_who_serves_was_never_in_the_queue() -> None:
    subject = rule()
    clerk = Walk(1, [(5, 0.8, 0.6), (100, 0.8, 0.6)])
    for moment in moments([clerk], until_s=100):
        assert subject.step(moment) == []
        assert [each.name for each in subject.gauges] == ["queue_people"]
        assert subject.gauges[0].value == 0.0


def test_a_broken_track_keeps_its_wait() -> None:
    first = Walk(1, [(5, 0.1, 0.6), (10, 0.5, 0.6), (30, 0.5, 0.6)])
    second = Walk(2, [(33, 0.505, 0.6), (50, 0.51, 0.6), (52, 0.75, 0.6), (60, 0.75, 0.6)])
    subject = rule()
    waits = []
    for moment in moments([first, second], until_s=60):
        subject.step(moment)
        waits += [each.value for each in subject.gauges if each.name == "wait_time" and not each.quality]
    assert waits == pytest.approx([52 - 7.5], abs=1.5)


def test_without_anybody_served_littles_law_estimates() -> None:
    """One joins every 20 s and stays 40 s: two wait, and the wait is 40 s."""
    subject = rule()
    walks = [stander(number, 20.0 * number, 20.0 * number + 40) for number in range(1, 12)]
    estimates = []
    for moment in moments(walks, until_s=240, fps=4):
        subject.step(moment)
        estimates += [each for each in subject.gauges if each.name == "wait_time"]
    assert {each.quality for each in estimates} == {1}
    assert {each.how for each in estimates} == {How.SAMPLE_MEAN}
    assert estimates[-1].value == pytest.approx(40, rel=0.25)


def test_a_small_change_is_not_told_and_a_pause_forgets() -> None:
    subject = rule()
    seen = moments([stander(1, 5, 60), stander(2, 6, 60)], until_s=80)
    assert told(subject, seen) == []
    four = moments([stander(number, 5, 60) for number in range(1, 5)], until_s=40)
    assert len(told(rule(), four)) == 1
    subject.pause()
    assert subject.gauges == ()
    assert subject._guests == {}


def test_state_is_bounded_by_who_is_there() -> None:
    subject = rule()
    for moment in moments(
        [stander(number, 5.0 * number, 5.0 * number + 8) for number in range(1, 30)], until_s=180, fps=3
    ):
        subject.step(moment)
    assert len(subject._guests) + len(subject._lost) <= 2


@pytest.mark.parametrize(
    ("last_x", "counts_until_s"),
    [pytest.param(0.51, 63.0, id="stood"), pytest.param(0.67, 61.0, id="was walking out of the zone")],
)
def test_who_is_hidden_waits_on_unless_they_were_walking_out(last_x: float, counts_until_s: float) -> None:
    walks = [
        Walk(number, [(3, 0.1, y), (5, 0.5, y), (60, 0.5, y), (61, last_x, y)])
        for number, y in ((1, 0.45), (2, 0.6), (3, 0.75))
    ]
    events = told(rule(), moments(walks, until_s=90, fps=10, dropped=0.0))
    assert [event.value for event in events] == [3.0, 0.0]
    assert events[1].at_s - events[1].duration_s == pytest.approx(counts_until_s, abs=1.0)
