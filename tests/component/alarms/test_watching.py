"""Open consoles hear of every alarm: tests/bench/alarm_latency.py, scaled down and without its clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.alarm_latency import MOST_PAGE_MB, MOST_SERVER_KB, Plan, alarms_page, judged, rate, spread, watched
from playwright.sync_api import Browser, expect
from servers.aggregator import AggregatorServer
from servers.browser import chromium

PLAN = Plan(seconds=5, warm_s=2, pages=2, followers=16, cut_every_s=1.5)


@pytest.fixture(scope="module")  # not longer: while the driver runs, no other test could run an event loop
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_pages_and_followers_that_are_cut_miss_no_alarm_and_no_event(
    browser: Browser, tmp_path: Path
) -> None:
    with AggregatorServer(tmp_path) as server:
        line = watched(server, browser, PLAN)
    missed = ("painted_missing", "events_missed", "alarms_missed", "reloads")
    assert {name: line[name] for name in missed} == dict.fromkeys(missed, 0), line
    assert line["cuts"]
    assert line["alarms"]


def test_a_page_goes_on_without_reloading_when_its_server_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    with AggregatorServer(tmp_path) as server, alarms_page(browser, server) as page:
        loaded = page.evaluate("performance.timeOrigin")
        server.kill9()
        expect(page.locator("#connection")).to_have_attribute("data-state", "lost", timeout=60_000)
        server.start()
        with server.node("after-all") as node:
            node.send_events([{"kind": "intruded", "zone_or_line": "after"}])
        row = page.locator(".case").filter(has_text="after")
        expect(row).to_be_visible(timeout=60_000)
        assert page.evaluate("performance.timeOrigin") == loaded


GOOD = {
    "painted_missing": 0,
    "events_missed": 0,
    "alarms_missed": 0,
    "reloads": 0,
    "painted_ms": {"p99": 600.0},
    "updates_per_s": 3.9,
    "server_kb_a_console": 100.0,
    "page_heap_mb": {"after": 3.0},
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"painted_missing": 1}, False),
        ({"events_missed": 1}, False),
        ({"painted_ms": {"p99": 1000.0}}, False),
        ({"updates_per_s": 4.1}, False),
        ({"server_kb_a_console": MOST_SERVER_KB + 1}, False),
        ({"page_heap_mb": {"after": MOST_PAGE_MB + 1}}, False),
    ],
)
def test_the_verdict_of_the_benchmark_can_fail(changed: dict[str, object], *, expected: bool) -> None:
    assert judged(GOOD | changed)["met"] is expected


def test_a_spread_of_nothing_is_not_quick() -> None:
    assert spread([])["p99"] == float("inf")
    assert spread([float(each) for each in range(200)]) == {"p50": 100.0, "p99": 198.0, "max": 199.0}


def test_updates_are_counted_between_the_first_and_the_last() -> None:
    assert (rate([]), rate([5.0]), rate([5.0, 5.25, 5.5])) == (0.0, 0.0, 4.0)
