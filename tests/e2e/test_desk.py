"""What an operator does beside the queue: hands over by name, takes back, sets the stage, warns the public.

Two people at once are two browsers; nobody may run over what the other did.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect
from servers.aggregator import AggregatorServer, SpeakingNode
from servers.axe import findings

SCREENS = {"phone-vi": (390, 844, "vi"), "desktop-en": (1440, 900, "en"), "tv-vi": (1920, 1080, "vi")}


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: AggregatorServer) -> StorageState:
    """A session that pages share: who signs in over and over is held off."""
    with server.client() as client:
        client.post("/api/v1/areas/import", json={"official": True}).raise_for_status()
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.url)
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=list(SCREENS))
def screen(
    request: pytest.FixtureRequest, browser: Browser, server: AggregatorServer, signed_in: StorageState
) -> Iterator[tuple[str, Page]]:
    """A signed-in page at each width, and no complaint of the browser's at its end."""
    width, height, language = SCREENS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, storage_state=signed_in)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}/console?lang={language}")
    yield request.param, page
    context.close()
    assert complaints == []


@pytest.fixture
def desk(browser: Browser, server: AggregatorServer, signed_in: StorageState) -> Iterator[Page]:
    """One desk, in English."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{server.url}/console?lang=en")
    yield page
    context.close()


def alarm_on(page: Page, server: AggregatorServer, node: SpeakingNode, where: str) -> Locator:
    """An alarm that has just come, in the queue."""
    page.goto(f"{server.url}/console/alarms")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    node.say("born")
    node.send_events([{"kind": "loitered", "zone_or_line": where}])
    row = page.locator(".case").filter(has_text=where)
    expect(row).to_be_visible(timeout=10_000)
    return row


def test_an_alarm_is_given_to_a_colleague_by_name(server: AggregatorServer, desk: Page) -> None:
    with server.node("by-name") as node, server.client() as client:
        person = {"name": "lan", "display_name": "Nguyễn Thị Lan", "grants": [{"role": "operator"}]}
        client.post("/api/v1/users", json=person).raise_for_status()
        row = alarm_on(desk, server, node, "theo-ten")
        row.locator("a").focus()
        desk.keyboard.press("s")
        desk.locator("#field-to").select_option(label="Nguyễn Thị Lan")
        desk.locator("dialog .primary").click()
        expect(row).to_contain_text("with Nguyễn Thị Lan")
        desk.keyboard.press("u")
        expect(row).to_have_class(re.compile(r"\bopen\b"))


def test_undo_never_runs_over_a_colleague(server: AggregatorServer, desk: Page) -> None:
    with server.node("no-override") as node, server.client() as client:
        row = alarm_on(desk, server, node, "khong-de")
        row.locator("a").focus()
        desk.keyboard.press("a")
        expect(row).to_have_class(re.compile("acknowledged"))
        alarm = row.get_attribute("data-id")
        note = {"note": "Đang trên đường"}
        client.post(f"/api/v1/alarms/{alarm}/note", json=note).raise_for_status()
        desk.keyboard.press("u")
        expect(desk.locator(".toast.wrong")).to_contain_text("Not undone: first start has changed this alarm")
        expect(row).to_have_class(re.compile("acknowledged"))
        assert client.get(f"/api/v1/alarms/{alarm}").json()["state"] == "acknowledged"


def test_a_snooze_is_taken_back_and_a_false_verdict_too(server: AggregatorServer, desk: Page) -> None:
    with server.node("snoozing") as node:
        row = alarm_on(desk, server, node, "hoan-lai")
        row.locator("a").focus()
        desk.keyboard.press("z")
        desk.locator("dialog .primary").click()
        expect(row).to_contain_text("snoozed until")
        desk.keyboard.press("u")
        expect(row).not_to_contain_text("snoozed until")
        row.locator("a").focus()
        desk.keyboard.press("f")
        desk.locator("dialog .primary").click()
        expect(row).to_have_count(0)
        desk.keyboard.press("u")
        expect(row).to_have_class(re.compile(r"\bopen\b"))


def test_letters_lead_from_page_to_page(server: AggregatorServer, desk: Page) -> None:
    desk.goto(f"{server.url}/console/map")
    expect(desk.locator("#main")).to_have_attribute("aria-busy", "false")
    desk.keyboard.press("g")
    desk.keyboard.press("a")
    expect(desk).to_have_url(re.compile("/console/alarms$"))


def test_the_stage_is_set_with_its_reason_and_taken_back(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path
) -> None:
    name, page = screen
    bar = page.locator("#stage")
    expect(bar).to_be_visible()
    before = bar.get_attribute("data-stage")
    bar.get_by_role("button").last.click()
    page.locator(".stage-choice input[value='4']").check()
    page.locator("#field-reason").fill("Bão số 5 đổ bộ")
    assert findings(page) == []
    page.screenshot(path=screenshots / f"stage-dialog-{name}.png")
    page.locator("dialog .primary").click()
    expect(bar).to_have_attribute("data-stage", "4")
    expect(bar).to_contain_text("Bão số 5 đổ bộ")
    page.locator(".toast button").first.click()
    expect(bar).to_have_attribute("data-stage", str(before))
    bar.get_by_role("button").first.click()
    expect(page.locator("dialog .timeline li")).not_to_have_count(0)
    with server.client() as client:
        assert client.get("/api/v1/city-stage").json()["stage"] == int(before or 0)


def test_the_public_is_warned_from_a_draft_and_the_warning_cancelled(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path
) -> None:
    name, page = screen
    headline = f"Lũ trên sông Hồng {name}"
    page.goto(f"{server.url}/console/notices")
    page.locator(".head-row .primary").click()
    page.locator("#field-status").select_option("Exercise")
    page.locator("#field-vi_event").fill("Lũ")
    page.locator("#field-vi_headline").fill(headline)
    page.reload()  # the draft stays
    page.locator(".head-row .primary").click()
    expect(page.locator("#field-vi_headline")).to_have_value(headline)
    page.locator("#field-vi_description").fill("Mực nước lên nhanh, trên báo động 2.")
    choose(page.locator("form [role=combobox]"), "ha noi", "Hà Nội")
    assert findings(page) == []
    page.screenshot(path=screenshots / f"warning-form-{name}.png", full_page=True)
    page.locator("form .primary").click()
    expect(page.locator("dialog")).to_contain_text(headline)
    page.screenshot(path=screenshots / f"warning-review-{name}.png")
    page.locator("dialog [type=submit]").click()
    card = page.locator(".notice-card").filter(has_text=headline).first
    expect(card).to_have_class(re.compile("holding"))
    with server.client() as client:
        assert headline in client.get("/public/warnings.atom").text
    card.get_by_role("button").last.click()
    page.locator("#field-reason").fill("Hết diễn tập")
    page.locator("dialog [type=submit]").click()
    expect(page.locator(".notice-card.holding").filter(has_text=headline)).to_have_count(0)


def test_citizens_are_told_and_the_notice_is_withdrawn(
    server: AggregatorServer, screen: tuple[str, Page]
) -> None:
    name, page = screen
    title = f"Cấm đường Lê Duẩn {name}"
    page.goto(f"{server.url}/console/notices#notices")
    page.locator(".head-row .primary").click()
    page.locator("#field-title_vi").fill(title)
    page.locator("#field-text_vi").fill("Từ 5 giờ đến 11 giờ.")
    assert findings(page) == []
    page.locator("dialog [type=submit]").click()
    card = page.locator(".notice-card").filter(has_text=title)
    expect(card).to_be_visible()
    with server.client() as client:
        assert title in client.get("/public/notices").text
    page.locator(".toast button").first.click()
    expect(page.locator(".notice-card.holding").filter(has_text=title)).to_have_count(0)
    with server.client() as client:
        assert title not in client.get("/public/notices").text


def test_a_node_is_followed_from_the_live_page(server: AggregatorServer, screen: tuple[str, Page]) -> None:
    name, page = screen
    with server.node(f"theo-{name}") as node:
        node.say("born")
        page.locator(f"[data-node='theo-{name}'] a").click()
        expect(page.locator("#node-status")).to_have_class(re.compile("resolved"))
        node.send_events([{"zone_or_line": "vạch một"}])
        expect(page.locator("#node-events")).to_contain_text("vạch một", timeout=10_000)
        expect(page.locator(f"a[href*='var-node=theo-{name}']")).not_to_have_count(0)
        page.get_by_role("button", name=re.compile("^(Đếm|Count)$")).click()
        expect(page.get_by_role("rowheader", name=node.stream.hex())).to_be_visible()
        node.say("gone")
        expect(page.locator(".troubles")).to_be_visible(timeout=10_000)


def choose(box: Locator, letters: str, wanted: str) -> None:
    """Type, and take what is proposed first."""
    proposal = box.page.get_by_role("option", name=wanted, exact=True)
    box.fill(letters)
    expect(proposal).to_have_attribute("aria-selected", "true", timeout=10_000)
    box.press("Enter")
