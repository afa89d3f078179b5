from collections.abc import Mapping

import pytest

from edge_agent.control.watchdog import Progress, should_feed, stalled


@pytest.mark.parametrize(
    ("last_s", "feed", "names"),
    [
        ({}, False, ()),
        ({"pipeline": 95.0, "uplink": 99.0}, True, ()),
        ({"pipeline": 89.9, "uplink": 99.0}, False, ("pipeline",)),
        ({"uplink": 1.0, "pipeline": 2.0}, False, ("pipeline", "uplink")),
        ({"pipeline": 90.0}, True, ()),
    ],
)
def test_watchdog_is_fed_only_while_every_thread_turns(
    *, last_s: Mapping[str, float], feed: bool, names: tuple[str, ...]
) -> None:
    assert should_feed(100.0, last_s, 10.0) is feed
    assert stalled(100.0, last_s, 10.0) == names


def test_progress_keeps_the_last_mark_of_each_thread() -> None:
    progress = Progress()
    progress.mark("pipeline", 1.0)
    progress.mark("pipeline", 2.0)
    progress.mark("uplink", 1.5)
    progress.forget("uplink")
    progress.forget("never-there")
    assert progress.last() == {"pipeline": 2.0}
