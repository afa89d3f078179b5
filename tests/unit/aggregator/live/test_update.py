import msgspec

from aggregator.live.update import MAX_KINDS, NEWEST, OTHER_KINDS, Change, Counts, add_kinds, join


def raw(number: int) -> msgspec.Raw:
    return msgspec.Raw(b"%d" % number)


def numbers(change: Change) -> list[int]:
    return [int(bytes(each)) for each in change.events]


def test_joined_changes_show_the_newest_and_count_the_rest() -> None:
    older = Change(events=tuple(raw(n) for n in range(40, 0, -1)), dropped=3, counts=Counts(events=43))
    newer = Change(events=tuple(raw(n) for n in range(70, 40, -1)), counts=Counts(events=30))
    joined = join([older, newer])
    assert list(range(70, 20, -1)) == numbers(joined)
    assert 73 == joined.counts.events == len(joined.events) + joined.dropped


def test_the_latest_view_of_a_node_wins_and_names_join() -> None:
    joined = join(
        [
            Change(nodes={"a": raw(1), "b": raw(2)}, measured=frozenset({"flow"})),
            Change(nodes={"a": raw(3)}, measured=frozenset({"rain"})),
        ]
    )
    assert {"a": raw(3), "b": raw(2)} == joined.nodes
    assert {"flow", "rain"} == joined.measured


def test_a_flood_of_records_hides_no_alarm() -> None:
    joined = join([Change(alarms=(raw(1),), counts=Counts(alarms=1)), Change(events=(raw(2),) * NEWEST)])
    assert (raw(1),) == joined.alarms


def test_kinds_are_bounded_and_nothing_is_uncounted() -> None:
    total: dict[str, int] = {}
    for number in range(MAX_KINDS + 10):
        add_kinds(total, {f"kind-{number}": 2})
    assert len(total) == MAX_KINDS + 1
    assert total[OTHER_KINDS] == 20
    assert sum(total.values()) == 2 * (MAX_KINDS + 10)


def test_what_is_rendered_is_what_consoles_read() -> None:
    change = Change(events=(msgspec.Raw(b'{"id":"x"}'),), nodes={"n": msgspec.Raw(b'{"node":"n"}')})
    assert msgspec.json.decode(change.render()) == {
        "events": [{"id": "x"}],
        "alarms": [],
        "dropped": 0,
        "nodes": [{"node": "n"}],
        "counts": {"events": 0, "alarms": 0, "measurements": 0, "by_kind": {}},
        "measured": [],
        "alarm_changes": [],
        "alarms_stale": False,
    }
