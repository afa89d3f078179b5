"""The administrator's main path in a real browser: places on the map, people, keys, the audit log."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from servers.aggregator import AggregatorServer
from servers.axe import findings

SCREENS = {"phone-en": (390, 844, "en"), "desktop-vi": (1440, 900, "vi"), "tv-en": (1920, 1080, "en")}


@pytest.fixture(params=list(SCREENS))
def screen(
    request: pytest.FixtureRequest, browser: Browser, server: AggregatorServer
) -> Iterator[tuple[str, Page, list[str]]]:
    """A page with the administrator signed in, and what the browser complains of."""
    width, height, language = SCREENS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}/console/sign-in?lang={language}")
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"))
    yield request.param, page, complaints
    context.close()


def check(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
    assert findings(page) == []
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


def test_places_people_and_keys_are_kept_and_the_log_tells(
    screen: tuple[str, Page, list[str]], screenshots: Path
) -> None:
    name, page, complaints = screen
    add_a_site(page, name)
    check(page, screenshots / f"places-{name}.png")
    move_the_map(page)
    check(page, screenshots / f"map-{name}.png")
    add_a_person(page, name)
    check(page, screenshots / f"users-{name}.png")
    make_a_key(page, name)
    check(page, screenshots / f"keys-{name}.png")
    page.locator(".menu a[href='/console/audit']").click()
    for action in ("user.created", "key.made"):
        expect(page.get_by_role("cell", name=action).first).to_be_visible()
    check(page, screenshots / f"audit-{name}.png")
    assert complaints == []


def add_a_site(page: Page, name: str) -> None:
    page.locator(".menu a[href='/console/places']").click()
    page.locator("section").first.get_by_role("button").first.click()
    for field, value in {
        "id": f"nga-tu-{name}",
        "name": f"Ngã tư {name}",
        "lat": "21.03",
        "lon": "105.79",
    }.items():
        page.locator(f"#field-{field}").fill(value)
    page.locator("dialog .primary").click()
    expect(page.get_by_role("rowheader", name=f"Ngã tư {name}")).to_be_visible()


def move_the_map(page: Page) -> None:
    page.locator(".menu a[href='/console/map']").click()
    picture = page.locator(".map-frame svg")
    expect(picture.locator(".map-site").first).to_be_visible()
    picture.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")


def add_a_person(page: Page, name: str) -> None:
    page.locator(".menu a[href='/console/users']").click()
    page.locator(".head-row .primary").click()
    page.locator("#field-name").fill(f"truc-ban-{name}")
    page.locator("dialog .primary").click()
    expect(page.locator(".secret")).to_be_visible()
    page.locator("dialog .primary").click()
    expect(page.get_by_role("rowheader", name=f"truc-ban-{name}")).to_be_visible()


def make_a_key(page: Page, name: str) -> None:
    page.locator(".menu a[href='/console/keys']").click()
    page.locator(".head-row .primary").click()
    page.locator("#field-name").fill(f"khoa-{name}")
    page.locator("#field-expires").fill("2030-01-01")
    page.locator("input[name='may:events.read']").check()
    page.locator("dialog .primary").click()
    expect(page.locator(".secret")).to_be_visible()
    page.locator("dialog .primary").click()
