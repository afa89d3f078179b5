"""The year of a city: the same by seed, in order, believable in its rhythm, constant in memory."""

import itertools
import statistics
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from fleet.simulator.year import LOCAL, NodeFacts, Year, YearPlan
from fleet.simulator.year_city import CAMERAS, STATIONS, city_of
from fleet.wire.measurements import load_catalogue
from fleet.wire.site_kinds import SiteKind, kind_of
from provisioning.grafana.words import load_words

END = datetime(2026, 11, 22, tzinfo=UTC)
COARSE = YearPlan(END, cameras=20, days=14, recent_h=0)


def facts_of(plan: YearPlan) -> list[NodeFacts]:
    return list(Year(plan))


FACTS = facts_of(COARSE)


def test_the_same_seed_gives_the_same_facts_and_another_gives_others() -> None:
    assert facts_of(YearPlan(END, cameras=6, days=1, recent_h=0)) == facts_of(
        YearPlan(END, cameras=6, days=1, recent_h=0)
    )
    other = facts_of(YearPlan(END, cameras=6, days=1, recent_h=0, seed=2))
    assert other != facts_of(YearPlan(END, cameras=6, days=1, recent_h=0))


def test_facts_come_in_order_and_their_seqs_have_no_hole() -> None:
    next_seq: defaultdict[tuple[str, bytes], itertools.count[int]] = defaultdict(lambda: itertools.count(1))
    last = 0
    for facts in FACTS:
        for row in facts.rows:
            assert row.seq == next(next_seq[facts.node, facts.row_stream])
            assert row.start_ms >= last
            last = row.start_ms
        for event in facts.events:
            assert event.seq == next(next_seq[facts.node, facts.event_stream])


def test_every_name_kind_and_class_is_known_to_the_catalogues() -> None:
    names = {row.name for facts in FACTS for row in facts.rows}
    assert names <= load_catalogue().keys()
    words = load_words()
    assert {event.kind for facts in FACTS for event in facts.events} <= words.kinds.keys()
    classes = {row.class_name for facts in FACTS for row in facts.rows if row.name == "flow"}
    assert classes <= words.classes.keys()


@pytest.mark.parametrize("cameras", [126, 1100])
def test_the_city_has_the_published_mix_at_every_size(cameras: int) -> None:
    nodes = city_of(cameras, 1)
    of = Counter[SiteKind]()
    for node in nodes:
        of[node.kind] += sum(series.name == "camera_fps" for series in node.health)
    assert sum(of.values()) == cameras
    if cameras == sum(CAMERAS.values()):
        assert of == {**CAMERAS, **dict.fromkeys(STATIONS, 0)}
        assert Counter(node.kind for node in nodes if node.kind in STATIONS) == STATIONS
    assert len({node.node for node in nodes}) == len(nodes)
    assert [kind_of(node.site) for node in nodes] == [node.kind for node in nodes]


def test_rush_hours_are_busier_than_nights_and_counters_close_on_sundays() -> None:
    by_hour: defaultdict[int, list[float]] = defaultdict(list)
    sundays, mondays = 0.0, 0.0
    for facts in FACTS:
        for row in facts.rows:
            local = datetime.fromtimestamp(row.start_ms / 1000, tz=UTC) + LOCAL
            if row.name == "flow" and row.class_name == "motorcycle":
                by_hour[local.hour].append(row.value)
            if row.name == "queue_people" and facts.site.startswith("counter"):
                sundays += row.value * (local.weekday() == 6)
                mondays += row.value * (local.weekday() == 0)
    assert statistics.mean(by_hour[7]) > 5 * statistics.mean(by_hour[3])
    assert (sundays, mondays > 0) == (0.0, True)


def test_tet_empties_the_counters_and_the_streets() -> None:
    week = {
        name: sum(
            row.value
            for facts in Year(YearPlan(end, cameras=20, days=5, recent_h=0))
            for row in facts.rows
            if row.name == "flow"
        )
        for name, end in (
            ("tet", datetime(2026, 2, 21, tzinfo=UTC)),
            ("usual", datetime(2026, 3, 14, tzinfo=UTC)),
        )
    }
    assert week["tet"] < 0.6 * week["usual"]


def test_a_node_that_is_offline_is_silent_and_says_how_long_afterwards() -> None:
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for facts in FACTS:
        for row in facts.rows:
            seen[row.name].append(row.value)
    assert min(seen["node_online"]) == 0.0
    assert max(seen["node_outbox_age"]) > 1800
    assert min(value for name, values in seen.items() for value in values) >= 0.0


def test_the_last_hours_come_in_fine_steps() -> None:
    facts = facts_of(YearPlan(END, cameras=6, days=1, recent_h=1))
    periods = Counter(row.period_s for each in facts for row in each.rows if row.name == "city_stage")
    assert periods == {3600.0: 23, 60.0: 60}
    first = datetime.fromtimestamp(facts[0].rows[0].start_ms / 1000, tz=UTC)
    assert first == END - timedelta(days=1)
