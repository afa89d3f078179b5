"""The operator's main path in a real browser: an alarm appears by itself; keys take it to its end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, expect
from servers.aggregator import AggregatorServer
from servers.axe import findings

WIDTHS = {"phone": (390, 844), "desktop": (1440, 900), "tv": (1920, 1080)}
LANGUAGES = ("vi", "en")


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of."""
    return []


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: AggregatorServer) -> StorageState:
    """A session that pages share: who signs in over and over is held off."""
    context = browser.new_context()
    sign_in(context.new_page(), server)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=[(width, language) for width in WIDTHS for language in LANGUAGES], ids="-".join)
def screen(
    request: pytest.FixtureRequest,
    browser: Browser,
    server: AggregatorServer,
    signed_in: StorageState,
    complaints: list[str],
) -> Iterator[tuple[str, Page]]:
    """A signed-in page at each width and in each language in turn."""
    name, language = request.param
    width, height = WIDTHS[name]
    context = browser.new_context(viewport={"width": width, "height": height}, storage_state=signed_in)
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 409" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}/console?lang={language}")
    yield f"{name}-{language}", page
    context.close()


def sign_in(page: Page, server: AggregatorServer) -> None:
    page.goto(server.url)
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"))


def place(server: AggregatorServer, node: str) -> None:
    with server.client() as client:
        site = {"name": "Ngã tư Cầu Giấy", "lat": 21.0362, "lon": 105.7905}
        client.put("/api/v1/sites/cau-giay", json=site).raise_for_status()
        camera = {
            "site": "cau-giay",
            "name": "Cổng chính",
            "lat": 21.0363,
            "lon": 105.7906,
            "heading_deg": 45,
            "fov_deg": 70,
            "range_m": 60,
        }
        client.put(f"/api/v1/cameras/{node}/cam-01", json=camera).raise_for_status()


def sideways_px(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def test_an_alarm_appears_and_is_taken_to_its_end_by_keyboard(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path, complaints: list[str]
) -> None:
    name, page = screen
    page.goto(f"{server.url}/console/alarms")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    with server.node(f"op-{name}") as node:
        node.say("born")
        place(server, node.name)
        loaded = page.evaluate("performance.timeOrigin")
        node.send_events([{"kind": "intruded", "zone_or_line": f"kho-{name}"}])
        row = page.locator(".case").filter(has_text=f"kho-{name}")
        expect(row).to_be_visible(timeout=10_000)
        assert page.evaluate("performance.timeOrigin") == loaded
        row.locator("a").focus()
        page.keyboard.press("a")
        expect(row).to_have_class(re.compile("acknowledged"))
        page.screenshot(path=screenshots / f"alarms-{name}.png", full_page=True)
        page.keyboard.press("u")
        expect(row).to_have_class(re.compile("open"))
        expect(row.locator("a")).to_be_focused()
        page.keyboard.press("a")
        expect(row).to_have_class(re.compile("acknowledged"))
        page.keyboard.press("s")
        page.locator("dialog .primary").click()
        expect(row).to_have_class(re.compile("assigned"))
        assert findings(page) == []
        row.locator("a").focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/console/alarms/[0-9a-f-]{36}$"))
        page.locator(".timeline").wait_for()
        page.keyboard.press("n")
        page.locator("dialog textarea").fill("Đã gọi bảo vệ cổng chính")
        page.locator("dialog .primary").click()
        expect(page.locator(".timeline .quote")).to_have_text("Đã gọi bảo vệ cổng chính")
        first = page.locator(".steps input").first
        first.check()
        expect(page.locator(".steps li").first).to_have_class("done")
        expect(page.locator(".map-view")).to_have_count(1)
        assert findings(page) == []
        assert sideways_px(page) == 0
        page.screenshot(path=screenshots / f"alarm-{name}.png", full_page=True)
        page.locator("body").press("r")
        page.locator("dialog .primary").click()
        expect(page.locator(".head-row .badge.resolved")).to_be_visible()
        page.locator("body").press("u")
        expect(page.locator(".head-row .badge.assigned")).to_be_visible()
    assert complaints == []


def test_who_was_faster_is_named(server: AggregatorServer, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, server)
    page.goto(f"{server.url}/console/alarms")
    with server.node("faster") as node, server.client() as client:
        node.say("born")
        node.send_events([{"kind": "loitered", "zone_or_line": "hai-nguoi"}])
        row = page.locator(".case").filter(has_text="hai-nguoi")
        expect(row).to_be_visible(timeout=10_000)
        alarm = row.get_attribute("data-id")
        # The page is kept from hearing of it, as it would be for the moment in which two people press.
        page.route("**/api/v1/alarms?**", lambda route: route.abort())
        client.post(f"/api/v1/alarms/{alarm}/acknowledge", json={}).raise_for_status()
        row.locator("a").focus()
        page.keyboard.press("a")
        expect(page.locator(".toast.wrong")).to_contain_text("đã làm trước")
    context.close()


def test_several_are_done_at_once(server: AggregatorServer, browser: Browser, screenshots: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, server)
    page.goto(f"{server.url}/console/alarms")
    with server.node("many") as node:
        node.say("born")
        node.send_events(
            [{"kind": "intruded", "zone_or_line": f"nhieu-{each}", "rule": f"r{each}"} for each in range(3)]
        )
        rows = page.locator(".case").filter(has_text="nhieu-")
        expect(rows).to_have_count(3, timeout=10_000)
        rows.first.locator("a").focus()
        for _ in range(3):
            page.keyboard.press("x")
            page.keyboard.press("j")
        expect(page.locator(".bulk")).to_be_visible()
        page.screenshot(path=screenshots / "alarms-bulk.png")
        page.keyboard.press("a")
        for index in range(3):
            expect(rows.nth(index)).to_have_class(re.compile("acknowledged"))
        page.keyboard.press("?")
        expect(page.locator("dialog kbd").first).to_be_visible()
        assert findings(page) == []
        page.screenshot(path=screenshots / "alarms-keys.png")
    context.close()


def test_the_live_page_shows_the_stage_and_what_is_open(
    screen: tuple[str, Page], screenshots: Path, complaints: list[str]
) -> None:
    name, page = screen
    expect(page.locator("#stage")).to_be_visible()
    assert sideways_px(page) == 0
    assert findings(page) == []
    page.screenshot(path=screenshots / f"stage-{name}.png")
    assert complaints == []
