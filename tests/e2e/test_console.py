"""The console in a real browser: from the first sign-in to an event that shows by itself."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from servers.aggregator import AggregatorServer, SpeakingNode, now_ms

WIDTHS = {"phone": (390, 844), "desktop": (1440, 900), "tv": (1920, 1080)}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of: script errors, and whatever the content security policy stopped."""
    return []


@pytest.fixture(params=list(WIDTHS))
def screen(
    request: pytest.FixtureRequest, browser: Browser, complaints: list[str]
) -> Iterator[tuple[str, Page]]:
    """A page at each width in turn."""
    width, height = WIDTHS[request.param]
    # Another zone than Vietnam's, to see that the screen's own zone does not matter.
    context = browser.new_context(viewport={"width": width, "height": height}, timezone_id="America/New_York")
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 401" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield request.param, page
    context.close()


def sign_in(page: Page, server: AggregatorServer) -> None:
    page.goto(server.url)
    page.get_by_label("Tên đăng nhập").fill("admin")
    page.get_by_label("Mật khẩu", exact=True).fill(server.password())
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.locator("#connection")).to_have_text("Trực tiếp")


def sideways_px(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def send_an_hour_of_counts(node: SpeakingNode) -> None:
    minute = now_ms() // 60_000
    node.send_rows(
        [
            (
                (minute - back) * 60_000,
                60.0,
                "flow",
                "cam-01",
                "gate",
                "person",
                way,
                6 + 5 * math.sin(back / 5),
            )
            for back in range(50)
            for way in ("forward", "backward")
        ]
    )


def send_two_events(node: SpeakingNode) -> tuple[str, str]:
    """A crossing at 00:30:15 on 1 January 2024 in Vietnam (still 2023 in UTC), and an alarm."""
    crossed, intruded = node.send_events(
        [{"occurred_at_ms": 1_704_043_815_000}, {"kind": "intruded", "zone_or_line": "<b>kho</b>"}]
    )
    return crossed, intruded


def test_a_wrong_password_is_told_and_the_right_one_opens_the_page(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path, complaints: list[str]
) -> None:
    name, page = screen
    page.goto(server.url)
    page.get_by_label("Tên đăng nhập").fill("admin")
    page.get_by_label("Mật khẩu", exact=True).fill("sai-mat-khau")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    page.screenshot(path=screenshots / f"sign-in-{name}.png", full_page=True)
    sign_in(page, server)
    assert page.locator("html").get_attribute("lang") == "vi"
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    page.goto(f"{server.url}/console")
    expect(page).to_have_url(re.compile("/console/sign-in$"))
    assert complaints == []


def test_what_a_node_sends_shows_without_reload(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path, complaints: list[str]
) -> None:
    name, page = screen
    sign_in(page, server)
    loaded = page.evaluate("performance.timeOrigin")
    with server.node(f"vi-{name}") as node:
        node.say("born")
        expect(page.locator(f'[data-node="vi-{name}"]')).to_contain_text("Trực tuyến")
        send_an_hour_of_counts(node)
        crossed, intruded = send_two_events(node)
        crossing, alarm = page.locator(f'[data-id="{crossed}"]'), page.locator(f'[data-id="{intruded}"]')
        for words in ("Qua vạch", "người", "chiều thuận", "cam-01", f"vi-{name}"):
            expect(crossing).to_contain_text(words)
        expect(crossing.locator("time")).to_have_text("01/01/2024 00:30:15")
        for words in ("Xâm nhập vùng cấm", "Cảnh báo", "<b>kho</b>"):
            expect(alarm).to_contain_text(words)
        chart = page.get_by_role("img", name=re.compile(f"gate, cam-01, vi-{name}"))
        expect(chart).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Chỉ cảnh báo").click()
        expect(crossing).to_have_count(0)
        expect(alarm).to_be_visible()
        page.get_by_role("button", name="Tất cả").click()
        page.screenshot(path=screenshots / f"live-{name}-vi.png", full_page=True)
    assert page.evaluate("performance.timeOrigin") == loaded
    assert sideways_px(page) == 0
    assert complaints == []


def test_the_language_is_switched_and_stays(
    server: AggregatorServer, screen: tuple[str, Page], screenshots: Path, complaints: list[str]
) -> None:
    name, page = screen
    sign_in(page, server)
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.locator("html").get_attribute("lang") == "en"
    with server.node(f"en-{name}") as node:
        node.say("born")
        row = page.locator(f'[data-node="en-{name}"]')
        expect(row).to_contain_text("Online")
        expect(row).to_contain_text("9.8 frames/s")
        send_an_hour_of_counts(node)
        _, intruded = send_two_events(node)
        expect(page.locator(f'[data-id="{intruded}"]')).to_contain_text("Intrusion")
        expect(page.get_by_role("heading", name="Live events")).to_be_visible()
        page.screenshot(path=screenshots / f"live-{name}-en.png", full_page=True)
        node.client.drop()
        expect(row).to_contain_text("Connection lost", ignore_case=True, timeout=15_000)
        expect(row).to_contain_text("unknown")
    page.reload()
    expect(page.locator("#connection")).to_have_text("Live")
    assert sideways_px(page) == 0
    assert complaints == []


def test_the_keyboard_alone_reaches_everything_and_focus_shows(
    server: AggregatorServer, browser: Browser
) -> None:
    page = browser.new_page()
    sign_in(page, server)
    reached = []
    for _ in range(21):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 30),"
                " s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"
            )
        )
    page.close()
    names = [name for name, _ in reached]
    pages = ["Trực tiếp", "Cảnh báo", "Bản đồ", "Thông báo", "Số liệu", "Quy tắc", "Địa điểm", "Người dùng"]
    assert names[:11] == ["Đến nội dung chính", *pages, "Khóa API", "Nhật ký"]
    assert names[11:15] == ["VI", "EN", "Giao diện sáng", "Đăng xuất"]
    assert names[15:17] == ["Lịch sử", "Đổi cấp"]
    assert names[17].endswith("cảnh báo mới")
    assert names[18:20] == ["Tất cả", "Chỉ cảnh báo"]
    assert all(visible for _, visible in reached[:20])


def test_a_server_that_goes_away_is_told_and_taken_up_again(
    server: AggregatorServer, browser: Browser
) -> None:
    page = browser.new_page()
    sign_in(page, server)
    server.kill9()
    expect(page.get_by_role("alert")).to_contain_text("Mất kết nối với máy chủ")
    server.start()
    expect(page.locator("#connection")).to_have_text("Trực tiếp", timeout=30_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.close()
