"""From a stored event to its alarm on operators' screens, while many consoles are open.

Nodes send 200 events a second through the real broker: mostly records, and alone, as nodes send what calls
somebody, ten that make an alarm of their own and ten that join one. Two pages of a real browser stand on
/console/alarms and note when the row of each alarm was painted; 48 consoles follow the feed by protocol, and
every eighth is cut now and then. An alarm's latency runs from when the server received its event, which is
before it was stored.
"""

import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.followers import Follower, Followers
from playwright.sync_api import Browser, Page, expect
from servers.aggregator import AggregatorServer, SpeakingNode
from servers.browser import chromium
from servers.patience import eventually

BEAT_S = 0.1
TARGET_MS = 1000.0
MOST_UPDATES_PER_S = 4.0
MOST_SERVER_KB = 1024.0
MOST_PAGE_MB = 32.0
_NOTE_ROWS = """() => {
  window.painted = {};
  const note = () => document.querySelectorAll("ul.queue li[data-id]").forEach((row) => {
    if (row.dataset.id in window.painted) return;
    window.painted[row.dataset.id] = null;
    requestAnimationFrame(() => { window.painted[row.dataset.id] = Date.now(); });
  });
  new MutationObserver(note).observe(document.getElementById("main"), { childList: true, subtree: true });
  note();
}"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much for how long; `warm_s` is sent before any console is open."""

    seconds: float = 60.0
    warm_s: float = 10.0
    records_a_beat: int = 18
    pages: int = 2
    followers: int = 48
    cut_every_s: float = 5.0


class Load:
    """What nodes send, on a thread's own beat; `sent` counts events."""

    def __init__(self, nodes: Sequence[SpeakingNode], records: int) -> None:
        self._nodes = nodes
        self.records = records
        self._beats = 0
        self.sent = 0

    def run(self, seconds: float) -> float:
        """Send for so long; returns how long it took."""
        began_s = time.monotonic()
        for beat in range(round(seconds / BEAT_S)):
            time.sleep(max(0.0, began_s + beat * BEAT_S - time.monotonic()))
            self._beat()
        return time.monotonic() - began_s

    def _beat(self) -> None:
        node = self._nodes[self._beats % len(self._nodes)]
        node.send_events([{"kind": "intruded", "zone_or_line": f"new-{self._beats}"}])
        node.send_events([{"kind": "intruded", "zone_or_line": f"again-{self._beats % 40}"}])
        node.send_events([{}] * self.records)
        self.sent += 2 + self.records
        self._beats += 1


def alarm_to_console(plan: Plan) -> dict[str, object]:
    """Run it on a server of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="matthan-consoles-") as folder,
        AggregatorServer(Path(folder)) as server,
        chromium() as browser,
    ):
        return watched(server, browser, plan)


def watched(server: AggregatorServer, browser: Browser, plan: Plan) -> dict[str, object]:
    """Run it on a server that is new."""
    with ExitStack() as stack:
        api = stack.enter_context(server.client())
        nodes = [stack.enter_context(server.node(f"watch-{number}")) for number in range(4)]
        load = Load(nodes, plan.records_a_beat)
        load.run(plan.warm_s)
        _wait_until_told(api, load)
        before_kb, warm = rss_kb(server.pid), {alarm["id"] for alarm in all_alarms(api)}
        pages = [stack.enter_context(alarms_page(browser, server)) for _ in range(plan.pages)]
        followers = stack.enter_context(
            Followers(server.url, server.api_key(), plan.followers, plan.cut_every_s)
        ).every
        eventually(lambda: sum(each.is_open for each in followers), lambda count: count == plan.followers)
        page_before_mb = [heap_mb(page) for page in pages]
        already, began_s = load.sent, time.monotonic()
        thread = threading.Thread(target=load.run, args=(plan.seconds,), name="load")
        thread.start()
        thread.join()
        sent, took_s = load.sent - already, time.monotonic() - began_s
        _wait_until_told(api, load)
        eventually(lambda: {each.counted for each in followers}, lambda counts: counts == {sent})
        after_kb = rss_kb(server.pid)
        alarms = all_alarms(api)
        opened_ms = {
            alarm["id"]: datetime.fromisoformat(alarm["opened_at"]).timestamp() * 1000
            for alarm in alarms
            if alarm["id"] not in warm
        }
        shown = [
            eventually(lambda page=page: painted(page), lambda found: opened_ms.keys() <= found.keys())
            for page in pages
        ]
        consoles = plan.pages + plan.followers
        server_kb = (after_kb - before_kb) / consoles
        return {
            "bench": "alarm_to_console",
            "seconds": round(took_s, 1),
            "events_per_s": round(sent / took_s, 1),
            "alarms": len(opened_ms),
            "pages": plan.pages,
            "followers": plan.followers,
            **_pages_line(pages, page_before_mb, shown, opened_ms),
            **_followers_line(followers, sent, opened_ms),
            "server_rss_mb": round(after_kb / 1024, 1),
            "server_kb_a_console": round(server_kb, 1),
            "server_kb_bound": MOST_SERVER_KB,
        }


def _pages_line(
    pages: Sequence[Page],
    before_mb: Sequence[float],
    shown: Sequence[dict[str, float]],
    opened_ms: dict[str, float],
) -> dict[str, object]:
    waits = sorted(at[alarm] - since for at in shown for alarm, since in opened_ms.items() if alarm in at)
    after_mb = [heap_mb(page) for page in pages]
    return {
        "painted": len(waits),
        "painted_missing": len(pages) * len(opened_ms) - len(waits),
        "painted_ms": spread(waits),
        "page_heap_mb": {"before": max(before_mb), "after": max(after_mb)},
        "page_heap_bound_mb": MOST_PAGE_MB,
    }


def _followers_line(
    followers: Sequence[Follower], sent: int, opened_ms: dict[str, float]
) -> dict[str, object]:
    waits = sorted(
        each.alarms_ms[alarm] - since
        for each in followers
        if each.cut_every_s is None
        for alarm, since in opened_ms.items()
        if alarm in each.alarms_ms
    )
    return {
        "heard_ms": spread(waits),
        "updates_per_s": max(rate(each.updates_s) for each in followers),
        "cuts": sum(each.cuts for each in followers),
        "reloads": sum(each.reloads for each in followers),
        "events_missed": sum(abs(sent - each.counted) for each in followers),
        "alarms_missed": sum(len(opened_ms.keys() - each.alarms_ms.keys()) for each in followers),
    }


def judged(line: dict[str, Any]) -> dict[str, Any]:
    """The line with `met`: nothing is missed, and what is timed and weighed is within its bounds."""
    whole = not (line["painted_missing"] or line["events_missed"] or line["alarms_missed"] or line["reloads"])
    quick = line["painted_ms"]["p99"] < TARGET_MS and line["updates_per_s"] <= MOST_UPDATES_PER_S
    light = line["server_kb_a_console"] <= MOST_SERVER_KB and line["page_heap_mb"]["after"] <= MOST_PAGE_MB
    return line | {"met": whole and quick and light}


@contextmanager
def alarms_page(browser: Browser, server: AggregatorServer) -> Iterator[Page]:
    """A signed-in page on the queue of alarms, live, that notes when rows are painted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url)
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"), timeout=60_000)
    page.goto(f"{server.url}/console/alarms")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=60_000)
    page.evaluate(_NOTE_ROWS)
    yield page
    context.close()


def painted(page: Page) -> dict[str, float]:
    """When the row of each alarm was painted, in ms since 1970."""
    found: dict[str, float | None] = page.evaluate("window.painted")
    return {alarm: at for alarm, at in found.items() if at is not None}


def heap_mb(page: Page) -> float:
    """Memory that the page's script holds once the collector has run."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    size = float(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return round(size / 2**20, 1)


def all_alarms(api: httpx.Client) -> list[dict[str, Any]]:
    """Every alarm there is."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get("/api/v1/alarms", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
        page = answer.raise_for_status().json()
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def _wait_until_told(api: httpx.Client, load: Load) -> None:
    """Until every event is stored and counted in its alarm."""
    wanted = load.sent // (2 + load.records) * 2
    counted = eventually(
        lambda: sum(alarm["count"] for alarm in all_alarms(api)), lambda count: count >= wanted, timeout_s=60
    )
    if counted != wanted:
        raise RuntimeError(f"{wanted} events call somebody and alarms count {counted}: read the server's log")
    time.sleep(1)  # the last update goes out


def rss_kb(pid: int) -> int:
    """Memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def rate(times_s: Sequence[float]) -> float:
    """Arrivals a second between the first and the last of them."""
    span_s = times_s[-1] - times_s[0] if times_s else 0.0
    return round((len(times_s) - 1) / span_s, 1) if span_s else 0.0


def spread(ordered: Sequence[float]) -> dict[str, float]:
    """Of sorted milliseconds: median, 99th percentile by nearest rank, and the worst."""
    if not ordered:
        return {"p50": float("inf"), "p99": float("inf"), "max": float("inf")}
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99, 1)]
    return dict(zip(("p50", "p99", "max"), (round(each, 1) for each in at), strict=True))


def main() -> None:
    """One JSON line."""
    print(json.dumps(judged(alarm_to_console(Plan()))), flush=True)


if __name__ == "__main__":
    main()
