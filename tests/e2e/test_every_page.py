"""Every page of the console with a city's day on it, at three widths and in two languages.

Each is looked at by axe-core and by eye (the pictures are build output, see docs/console-review.md); none may
scroll sideways, and none may make the browser complain.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, expect
from servers.aggregator import AggregatorServer, SpeakingNode
from servers.axe import findings
from servers.patience import eventually

from fleet.wire.messages import CameraState

WIDTHS = {"phone": (390, 844), "desktop": (1440, 900), "tv": (1920, 1080)}
LANGUAGES = ("vi", "en")
SCREENS = [(width, language) for width in WIDTHS for language in LANGUAGES]
SITES = {
    "traffic-cau-giay": ("Ngã tư Cầu Giấy – Xuân Thủy", "traffic", 21.0362, 105.7905),
    "health-xanh-pon": ("Bệnh viện đa khoa Xanh Pôn", "health", 21.0325, 105.8345),
    "order-dong-xuan": ("Chợ Đồng Xuân", "order", 21.0381, 105.8496),
}
NODES = {
    "nut-cau-giay-01": ("traffic-cau-giay", 21.0363, 105.7906, 45),
    "nut-xanh-pon": ("health-xanh-pon", 21.0326, 105.8343, 200),
    "nut-dong-xuan-bac": ("order-dong-xuan", 21.0384, 105.8494, 310),
}
EVENTS = (
    ("nut-cau-giay-01", "wrong_way", "làn Xuân Thủy hướng ra"),
    ("nut-cau-giay-01", "red_light_run", "vạch dừng Cầu Giấy"),
    ("nut-xanh-pon", "intruded", "kho dược liệu tầng hầm"),
    ("nut-xanh-pon", "smoke_seen", "hành lang khoa hồi sức"),
    ("nut-dong-xuan-bac", "crowd_formed", "cổng chợ phía bắc"),
    ("nut-dong-xuan-bac", "object_abandoned", "sảnh gửi xe"),
    ("nut-dong-xuan-bac", "camera_covered", ""),
)


@pytest.fixture(scope="module")
def city(server: AggregatorServer) -> Iterator[AggregatorServer]:
    """A server with places, people, rules, nodes that speak, alarms in every state, warnings and notices."""
    with server.client() as client:
        place(client)
        speaking = [server.node(name) for name in NODES]
        for node in speaking:
            node.connect()
            node.say(
                "born", cameras=(CameraState("cam-01", "online", 9.8), CameraState("cam-02", "offline", 0))
            )
        for name, (site, *_) in NODES.items():
            client.put(f"/api/v1/nodes/{name}/site", json={"site": site}).raise_for_status()
        happen(client, {node.name: node for node in speaking})
        warn(client)
        rule(client)
    yield server
    for node in speaking:
        node.client.close()


def place(client: httpx.Client) -> None:
    client.post("/api/v1/areas/import", json={"official": True}).raise_for_status()
    communes = client.get("/api/v1/areas", params={"parent": "01"}).json()["items"]
    for (site, (name, kind, lat, lon)), commune in zip(SITES.items(), communes, strict=False):
        given = {"name": name, "kind": kind, "area": commune["id"], "lat": lat, "lon": lon}
        client.put(f"/api/v1/sites/{site}", json=given).raise_for_status()
    for node, (site, lat, lon, heading) in NODES.items():
        camera = {"site": site, "name": f"Camera {heading}°", "lat": lat, "lon": lon, "heading_deg": heading}
        view = {"fov_deg": 70, "range_m": 80}
        client.put(f"/api/v1/cameras/{node}/cam-01", json=camera | view).raise_for_status()
    for agency, name in {"csgt": "Phòng Cảnh sát giao thông", "ca-phuong": "Công an phường Cầu Giấy"}.items():
        client.put(
            f"/api/v1/agencies/{agency}", json={"name": name, "phone": "024 3942 4451"}
        ).raise_for_status()
    for category, agency in {"traffic": "csgt", "order": "ca-phuong"}.items():
        route = {"category": category, "area": "01", "agency": agency, "valid_from": "2025-07-01"}
        client.post("/api/v1/routes", json=route).raise_for_status()
    for name, shown, role in (
        ("lan.nguyen", "Nguyễn Thị Lan", "operator"),
        ("hung.tran", "Trần Quốc Hùng", "leader"),
        ("mai.pham", "Phạm Tuyết Mai", "officer"),
    ):
        grants = [{"role": role, "areas": ["01"], "agencies": None}]
        person = {"name": name, "display_name": shown, "grants": grants}
        client.post("/api/v1/users", json=person).raise_for_status()


def happen(client: httpx.Client, nodes: dict[str, SpeakingNode]) -> None:
    for node, kind, where in EVENTS:
        nodes[node].send_events([{"kind": kind, "zone_or_line": where, "direction": ""}])
    for index in range(12):
        nodes["nut-cau-giay-01"].send_events([{"track_id": index, "zone_or_line": "vạch Xuân Thủy"}])

    def listed() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = client.get("/api/v1/alarms").json()["items"]
        return items

    found = eventually(listed, lambda items: len(items) >= len(EVENTS))
    alarms = {each["kind"]: each["id"] for each in found}

    def do(kind: str, step: str, body: dict[str, Any]) -> None:
        client.post(f"/api/v1/alarms/{alarms[kind]}/{step}", json=body).raise_for_status()

    do("smoke_seen", "acknowledge", {"note": "Đã gọi bảo vệ và đội chữa cháy cơ sở"})
    do("smoke_seen", "assign", {"assignee": {"kind": "agency", "id": "ca-phuong"}})
    do("crowd_formed", "acknowledge", {})
    do("object_abandoned", "resolve", {"verdict": "false", "note": "Thùng hàng của tiểu thương"})
    until = (datetime.now(tz=UTC) + timedelta(hours=1)).isoformat()
    do("red_light_run", "snooze", {"until": until})


def warn(client: httpx.Client) -> None:
    now = datetime.now(tz=UTC)
    warning = {
        "category": "Met",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires_at": (now + timedelta(hours=6)).isoformat(),
        "areas": ["01"],
        "vi": {
            "event": "Mưa lớn",
            "headline": "Mưa rất lớn, nguy cơ ngập úng các tuyến phố trũng thấp",
            "description": "Lượng mưa trong ba giờ tới từ 70 đến 120 mm.",
            "instruction": "Không đi qua đường ngập; rời khỏi tầng hầm.",
        },
        "en": {
            "event": "Heavy rain",
            "headline": "Very heavy rain, low streets may flood",
            "description": "70–120 mm.",
        },
    }
    made = client.post("/api/v1/warnings", json=warning | {"status": "Exercise"})
    made.raise_for_status()
    reason = {"reason": "Hết diễn tập"}
    client.post(f"/api/v1/warnings/{made.json()['id']}/cancel", json=reason).raise_for_status()
    client.post("/api/v1/warnings", json=warning).raise_for_status()
    notice = {
        "title_vi": "Cấm xe đường Lê Duẩn để tổ chức lễ kỷ niệm",
        "text_vi": "Từ 5 giờ đến 11 giờ; mời đi theo đường Giải Phóng.",
        "areas": ["01"],
        "from_at": now.isoformat(),
        "until_at": (now + timedelta(days=1)).isoformat(),
    }
    client.post("/api/v1/notices", json=notice).raise_for_status()


def rule(client: httpx.Client) -> None:
    now = datetime.now(tz=UTC)
    silence = {
        "reason": "Lễ hội chợ đêm, tụ tập được cho phép",
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=8)).isoformat(),
        "kinds": ["crowd_formed"],
        "where": {"sites": ["order-dong-xuan"]},
        "hours": [{"days": [4, 5, 6], "start": "18:00", "end": "23:30"}],
    }
    client.post("/api/v1/silences", json=silence).raise_for_status()
    address = {
        "name": "Trực ban thành phố",
        "target": "role:operator",
        "area": "01",
        "channel": "apprise",
        "address": "json://127.0.0.1:9/in",
    }
    client.post("/api/v1/notice-addresses", json=address).raise_for_status()
    stage = {"stage": 3, "reason": "Mưa lớn diện rộng, ngập tại 12 điểm"}
    client.post("/api/v1/city-stage", json=stage).raise_for_status()
    expires = (now + timedelta(days=90)).isoformat()
    key = {"name": "Màn hình sảnh", "permissions": ["events.read"], "expires_at": expires}
    client.post("/api/v1/keys", json=key).raise_for_status()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, city: AggregatorServer) -> StorageState:
    context = browser.new_context()
    page = context.new_page()
    page.goto(city.url)
    page.locator("#name").fill("admin")
    page.locator("#password").fill(city.password())
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/console")
    state = context.storage_state()
    context.close()
    return state


PAGES = {
    "live": "/console",
    "queue": "/console/alarms?state=",
    "alarm": "{alarm}",
    "map": "/console/map",
    "node": "/console/nodes/nut-cau-giay-01",
    "notices": "/console/notices",
    "citizens": "/console/notices#notices",
    "rules": "/console/rules",
    "silences": "/console/rules#silences",
    "procedures": "/console/rules#sops",
    "addresses": "/console/rules#addresses",
    "places": "/console/places",
    "people": "/console/users",
    "keys": "/console/keys",
    "audit": "/console/audit",
    "board": "/console/boards/city",
    "board-alarms": "/console/boards/alarms",
    "board-security": "/console/boards/security",
}


@pytest.fixture(params=SCREENS, ids="-".join)
def screen(
    request: pytest.FixtureRequest, browser: Browser, city: AggregatorServer, signed_in: StorageState
) -> Iterator[tuple[str, Page, list[str]]]:
    """A page at each width and in each language, and what the browser complains of."""
    width, language = request.param
    wide, high = WIDTHS[width]
    context = browser.new_context(viewport={"width": wide, "height": high}, storage_state=signed_in)
    page = context.new_page()
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{city.url}/console?lang={language}")
    yield f"{width}-{language}", page, said
    context.close()


def test_every_page_can_be_used_and_looked_at(
    city: AggregatorServer, screen: tuple[str, Page, list[str]], screenshots: Path
) -> None:
    on, page, said = screen
    with city.client() as client:
        alarm = client.get("/api/v1/alarms", params={"kind": "smoke_seen"}).json()["items"][0]["id"]
    wrong: list[str] = []
    for name, address in PAGES.items():
        page.goto("about:blank")  # a page that differs by its #part alone is loaded anew
        page.goto(city.url + address.format(alarm=f"/console/alarms/{alarm}"))
        settle(page)
        page.screenshot(path=screenshots / f"page-{name}-{on}.png", full_page=True)
        wrong += [f"{name}: {each}" for each in findings(page)]
        if (sideways := sideways_px(page)) > 0:
            wrong.append(f"{name}: {sideways} px wider than the screen")
    assert wrong + said == []


def test_a_camera_on_the_map_leads_to_its_node(
    browser: Browser, city: AggregatorServer, signed_in: StorageState
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{city.url}/console/map")
    page.locator("circle[data-camera='nut-xanh-pon/cam-01']").click()
    card = page.locator(".map-card")
    expect(card).to_contain_text("Bệnh viện đa khoa Xanh Pôn")
    card.get_by_role("link").last.click()
    page.wait_for_url("**/console/nodes/nut-xanh-pon")
    expect(page.locator("h1")).to_have_text("nut-xanh-pon")
    context.close()


def settle(page: Page) -> None:
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false", timeout=20_000)
    if page.locator("#connection").count() == 0:
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)


def sideways_px(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels
