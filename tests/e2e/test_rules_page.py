"""The administrator's path through what calls somebody: rules, silences, procedures, addresses, routes."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from servers.aggregator import AggregatorServer
from servers.axe import findings

PROVINCES = {"phone-en": "Đà Nẵng", "desktop-vi": "Huế", "tv-en": "Cần Thơ"}
"""Of each test its own: a category has one agency in an area on a day."""
SCREENS = {"phone-en": (390, 844, "en"), "desktop-vi": (1440, 900, "vi"), "tv-en": (1920, 1080, "en")}


@pytest.fixture(params=list(SCREENS))
def screen(
    request: pytest.FixtureRequest, browser: Browser, server: AggregatorServer
) -> Iterator[tuple[str, Page]]:
    """A page with the administrator signed in, and no complaint of the browser's at its end."""
    width, height, language = SCREENS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}/console/sign-in?lang={language}")
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"))
    yield request.param, page
    context.close()
    assert complaints == []


def open_part(page: Page, server: AggregatorServer, part: str) -> None:
    page.goto("about:blank")
    page.goto(f"{server.url}/console/rules#{part}")
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false")


def check(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    assert findings(page) == []
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


def undo(page: Page, what: str) -> None:
    """Take back what was done to `what` last."""
    done = page.locator(".toast").filter(has_text=what)
    done.get_by_role("button", name=re.compile("Undo|Hoàn tác")).last.click()


def test_a_rule_is_made_switched_off_and_removed_and_each_can_be_taken_back(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path
) -> None:
    name, page = screen
    rule = f"Kho ban đêm {name}"
    open_part(page, server, "rules")
    page.locator(".panel .head-row button").click()
    page.locator("dialog input[type=text]").first.fill(rule)
    page.locator("dialog [role=combobox]").first.fill("xam nhap" if name.endswith("vi") else "intrusion")
    page.locator("dialog [role=combobox]").first.press("Enter")
    page.get_by_role("button", name=re.compile("Add hours|Thêm khung giờ")).first.click()
    check(page, screenshots / f"rule-{name}.png")
    page.locator("dialog [type=submit]").click()
    row = page.get_by_role("row").filter(has_text=rule)
    expect(row).to_be_visible()
    with server.client() as client:
        made = next(
            each for each in client.get("/api/v1/alarm-rules").json()["items"] if each["name"] == rule
        )
        assert (made["kinds"], made["schedule"][0]["start"]) == (["intruded"], "00:00")
    switch = row.get_by_role("switch")
    switch.click()
    expect(switch).not_to_be_checked()
    undo(page, rule)
    expect(switch).to_be_checked()
    row.get_by_role("button").last.click()
    page.locator("dialog [type=submit]").click()
    expect(row).to_have_count(0)
    undo(page, rule)
    expect(row).to_be_visible()


def test_who_changed_a_rule_first_is_not_overwritten(
    server: AggregatorServer, screen: tuple[str, Page]
) -> None:
    _, page = screen
    open_part(page, server, "rules")
    page.get_by_role("row").filter(has_text=re.compile("Loitering|Lảng vảng")).get_by_role(
        "button"
    ).first.click()
    with server.client() as client:
        path = "/api/v1/alarm-rules/default-loitered"
        window = client.get(path).json()["window_s"] + 60
        client.patch(path, json={"window_s": window}).raise_for_status()
        page.locator("dialog [type=submit]").click()
        expect(page.locator("dialog .form-error")).to_be_visible()
        assert client.get(path).json()["window_s"] == window


def test_a_silence_is_made_and_ended(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path
) -> None:
    name, page = screen
    reason = f"Lễ hội {name}"
    open_part(page, server, "silences")
    page.locator(".panel .head-row button").click()
    page.locator("#field-reason").fill(reason)
    check(page, screenshots / f"silence-{name}.png")
    page.locator("dialog [type=submit]").click()
    row = page.get_by_role("row").filter(has_text=reason)
    expect(row).to_be_visible()
    row.get_by_role("button").last.click()
    expect(row).to_have_count(0)


def test_a_procedure_gets_a_step(server: AggregatorServer, screen: tuple[str, Page]) -> None:
    name, page = screen
    step = f"Gọi đội trực {name}"
    open_part(page, server, "sops")
    row = page.get_by_role("row").filter(has_text=re.compile("Crowd formed|Tụ tập"))
    row.get_by_role("button").first.click()
    page.get_by_role("button", name=re.compile("Add a step|Thêm bước")).click()
    page.locator("dialog textarea[lang=vi]").last.fill(step)
    page.locator("dialog textarea[lang=en]").last.fill(step)
    assert findings(page) == []
    page.locator("dialog [type=submit]").click()
    expect(row).to_contain_text(step)
    with server.client() as client:
        steps = client.get("/api/v1/sops/crowd_formed").json()["steps"]
    assert steps[-1]["vi"] == step
    assert len({each["id"] for each in steps}) == len(steps)


def test_an_address_is_added_and_tested(server: AggregatorServer, screen: tuple[str, Page]) -> None:
    name, page = screen
    open_part(page, server, "addresses")
    page.locator(".panel .head-row button").click()
    page.locator("#field-name").fill(f"Phòng trực {name}")
    box = page.locator("dialog [role=combobox]").first
    box.fill("truc ban" if name.endswith("vi") else "operator")
    box.press("Enter")
    page.locator("#field-address").fill("json://127.0.0.1:9/in")
    assert findings(page) == []
    page.locator("dialog [type=submit]").click()
    row = page.get_by_role("row").filter(has_text=f"Phòng trực {name}")
    expect(row).to_be_visible()
    assert "127.0.0.1:9" not in page.content()
    row.get_by_role("button").first.click()
    expect(page.locator(".toast.wrong")).to_be_visible(timeout=20_000)


def test_an_agency_gets_the_cases_of_an_area(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path
) -> None:
    name, page = screen
    with server.client() as client:
        client.post("/api/v1/areas/import", json={"official": True}).raise_for_status()
    page.goto(f"{server.url}/console/places")
    panels = page.locator("section.panel")
    panels.nth(2).get_by_role("button").first.click()
    page.locator("#field-id").fill(f"csgt-{name}")
    page.locator("#field-name").fill(f"Cảnh sát giao thông {name}")
    page.locator("dialog [type=submit]").click()
    expect(panels.nth(2)).to_contain_text(f"Cảnh sát giao thông {name}")
    panels.nth(3).get_by_role("button").first.click()
    page.locator("#field-category").select_option("traffic")
    page.locator("#field-agency").select_option(f"csgt-{name}")
    box = page.locator("dialog [role=combobox]")
    box.fill(plain(PROVINCES[name]))
    proposal = page.get_by_role("option", name=PROVINCES[name], exact=True)
    expect(proposal).to_have_attribute("aria-selected", "true", timeout=10_000)
    box.press("Enter")
    page.locator("#field-valid_from").fill("2025-07-01")
    check(page, screenshots / f"route-{name}.png")
    page.locator("dialog [type=submit]").click()
    expect(panels.nth(3).get_by_role("row").filter(has_text=f"giao thông {name}")).to_contain_text(
        PROVINCES[name]
    )
    with server.client() as client:
        routes = client.get("/api/v1/routes").json()["items"]
    assert ("traffic", f"csgt-{name}") in {(each["category"], each["agency"]) for each in routes}


def plain(text: str) -> str:
    """As somebody types it who has no Vietnamese keyboard."""
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    return bare.replace("Đ", "d").lower()
