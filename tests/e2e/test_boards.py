"""The dashboards of the wall in a real browser: the JSON that Grafana gets, drawn on a made-up city."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders.year import Casework, load_year
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from servers.aggregator import AggregatorServer

from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from fleet.simulator.year import YearPlan

END = datetime(2026, 10, 23, 5, 0, tzinfo=UTC)
CHOSEN = f"to={int(END.timestamp() * 1000)}&var-node=box-traffic-001&var-camera=cam-1"
BOARDS = ("city", "traffic", "order", "places", "environment", "fleet", "node", "camera")


RARE = {"camera": {"Lỗi camera"}}
"""One camera may have had no fault in a day."""


@pytest.fixture(scope="module")
def city_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    server = AggregatorServer(tmp_path_factory.mktemp("boards"))
    server.data_dir.mkdir(parents=True)
    store = DuckDbStore(server.data_dir / "timeseries.duckdb")
    engine = make_engine(f"sqlite:///{server.data_dir / 'matthan.sqlite'}")
    upgrade(engine)
    load_year(YearPlan(END, cameras=30, days=3, recent_h=1), store, Casework(engine))
    engine.dispose()
    store.close()
    with server:
        yield server


@pytest.fixture(scope="module")
def page(browser: Browser, city_server: AggregatorServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    opened = context.new_page()
    opened.goto(f"{city_server.url}/console/sign-in")
    opened.fill("#name", "admin")
    opened.fill("#password", city_server.password())
    opened.click("button[type=submit]")
    expect(opened).to_have_url(f"{city_server.url}/console")
    yield opened
    context.close()


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_is_drawn(
    page: Page, city_server: AggregatorServer, name: str, screenshots: Path
) -> None:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", note)
    page.goto(f"{city_server.url}/console/boards/{name}?{CHOSEN}")
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false", timeout=60_000)
    page.screenshot(path=screenshots / f"board-{name}.png", full_page=True)
    drawn = page.locator("[data-state=drawn]")
    assert drawn.count() == page.locator(".tile-panel").count() > 0
    empty = set(
        page.locator(".tile-panel").filter(has=page.locator(".quiet-note")).locator("h3").all_inner_texts()
    )
    assert empty <= RARE.get(name, set())
    assert complaints == []
    page.remove_listener("console", note)


def test_the_range_and_the_language_change_what_is_drawn(page: Page, city_server: AggregatorServer) -> None:
    at = f"to={int(END.timestamp() * 1000)}"
    page.goto(f"{city_server.url}/console/boards/traffic?{at}&lang=en")
    expect(page.get_by_text("Flow by class, per 1h")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_text("Flow by class, per 6h")).to_be_visible(timeout=30_000)


def test_a_stranger_is_sent_to_the_sign_in(browser: Browser, city_server: AggregatorServer) -> None:
    context = browser.new_context()
    stranger = context.new_page()
    stranger.goto(f"{city_server.url}/console/boards/city")
    expect(stranger).to_have_url(f"{city_server.url}/console/sign-in")
    found = context.request.get(f"{city_server.url}/console/boards/vi/city.json")
    assert "panels" not in found.text()
    context.close()
