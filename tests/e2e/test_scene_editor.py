"""The scene editor in a real browser: what is drawn is what the file says, by pointer and by keyboard."""

import json
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Page, expect
from servers.axe import findings

from edge_agent.scene.parse import read_scene

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "provisioning" / "demo"
WIDTHS = {"phone": (390, 844), "desktop": (1440, 900), "tv": (1920, 1080)}
FRAMES = 60
COMMENTED = """# Quảng trường, camera 3
[[lines]]
id = "gate" # the north gate
from = [0.62, 0.40]
to = [0.62, 0.98]

[[rules]]
id = "gate-count"
kind = "line_count"
line = "gate"
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of the pedestrian clip."""
    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    source = cv2.VideoCapture(str(DEMO / "pedestrians.mp4"))
    sink = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (768, 576))
    for _ in range(FRAMES):
        decoded, image = source.read()
        assert decoded
        sink.write(image)
    sink.release()
    source.release()
    return path


@dataclass(frozen=True, slots=True)
class Editor:
    """A running editor and its page."""

    page: Page
    scene: Path
    url: str

    def sheet(self) -> FloatRect:
        self.page.locator("#sheet").scroll_into_view_if_needed()
        box = self.page.locator("#sheet").bounding_box()
        assert box is not None
        return box

    def tap(self, x: float, y: float) -> None:
        box = self.sheet()
        self.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        box = self.sheet()
        self.page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=4)
        self.page.mouse.up()

    def tool(self, name: str) -> None:
        self.page.locator(f'[data-tool="{name}"]').click()

    def draw(self, tool: str, *points: tuple[float, float]) -> None:
        self.tool(tool)
        for x, y in points:
            self.tap(x, y)
        if tool in {"zones", "lanes", "privacy"}:
            self.page.locator("#finish").click()

    def save(self) -> None:
        expect(self.page.locator("#save")).to_be_enabled()
        self.page.locator("#save").click()
        expect(self.page.locator("#status")).to_have_text(re.compile("Đã lưu|Saved"))

    def tree(self) -> dict[str, Any]:
        return tomllib.loads(self.scene.read_text(encoding="utf-8"))


OpenEditor = Callable[..., Editor]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of: script errors, and whatever the content security policy stopped."""
    return []


@pytest.fixture
def opened(browser: Browser, clip: Path, tmp_path: Path, complaints: list[str]) -> Iterator[OpenEditor]:
    """Starts editors, and ends them."""
    processes: list[subprocess.Popen[str]] = []
    contexts = []

    def start(text: str, *, size: tuple[int, int] = WIDTHS["desktop"], language: str = "en") -> Editor:
        scene = tmp_path / "scene.toml"
        if text:
            scene.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "edge_agent", "scene", "edit", str(clip), "--scene", str(scene)]
        process = subprocess.Popen(
            [*command, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT, stderr=subprocess.DEVNULL
        )
        processes.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 500)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(f"localStorage.setItem('matthan_scene_language', '{language}')")
        page.goto(url)
        expect(page.locator("#status")).not_to_be_empty()
        return Editor(page, scene, url)

    yield start
    for context in contexts:
        context.close()
    for process in processes:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stdout is not None
        process.stdout.close()


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type in {"error", "warning"} and "status of 4" not in message.text:
        complaints.append(message.text)


def near(*wanted: float) -> Any:
    return pytest.approx(list(wanted), abs=0.006)


@pytest.mark.parametrize("size", list(WIDTHS))
def test_what_is_drawn_is_what_the_file_says(
    opened: OpenEditor, size: str, complaints: list[str], screenshots: Path
) -> None:
    editor = opened("", size=WIDTHS[size], language="vi")
    editor.draw("lines", (0.2, 0.8), (0.6, 0.9))
    editor.draw("zones", (0.1, 0.2), (0.4, 0.2), (0.4, 0.5), (0.1, 0.5))
    editor.draw("lanes", (0.55, 0.3), (0.75, 0.3), (0.7, 0.8), (0.5, 0.8))
    editor.draw("signals", (0.8, 0.1), (0.9, 0.35))
    editor.draw("lamp", (0.82, 0.12), (0.88, 0.18))
    editor.draw("lamp", (0.82, 0.26), (0.88, 0.32))
    editor.draw("privacy", (0.02, 0.02), (0.15, 0.02), (0.15, 0.15))
    editor.page.screenshot(path=screenshots / f"scene-editor-{size}-vi.png", full_page=True)
    editor.save()
    tree = editor.tree()
    (line,), (zone,), (lane,), (signal_,), (mask,) = (
        tree[name] for name in ("lines", "zones", "lanes", "signals", "privacy")
    )
    assert (line["from"], line["to"]) == (near(0.2, 0.8), near(0.6, 0.9))
    assert zone["polygon"] == [near(0.1, 0.2), near(0.4, 0.2), near(0.4, 0.5), near(0.1, 0.5)]
    assert lane["direction"] == pytest.approx([-0.1, 1.0], abs=0.06)
    assert signal_["box"] == near(0.8, 0.1, 0.9, 0.35)
    assert signal_["lamps"] == {"red": near(0.82, 0.12, 0.88, 0.18), "amber": near(0.82, 0.26, 0.88, 0.32)}
    assert mask["polygon"] == [near(0.02, 0.02), near(0.15, 0.02), near(0.15, 0.15)]
    assert read_scene(editor.scene).line("line-1").end == near(0.6, 0.9)
    wide = editor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (wide, complaints) == (0, [])


def test_corners_are_dragged_and_every_step_is_undone_and_done_again(opened: OpenEditor) -> None:
    editor = opened("")
    editor.draw("zones", (0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
    editor.drag((0.6, 0.6), (0.8, 0.7))
    editor.drag((0.4, 0.2), (0.45, 0.1))
    editor.page.locator("#undo").click()
    editor.save()
    assert editor.tree()["zones"][0]["polygon"][2] == near(0.8, 0.7)
    assert len(editor.tree()["zones"][0]["polygon"]) == 4
    editor.page.keyboard.press("Control+z")
    editor.save()
    assert editor.tree()["zones"][0]["polygon"][2] == near(0.6, 0.6)
    editor.page.keyboard.press("Control+y")
    editor.page.keyboard.press("Control+y")
    editor.save()
    assert editor.tree()["zones"][0]["polygon"][1] == near(0.45, 0.1)


def test_a_line_and_a_lane_are_turned_round(opened: OpenEditor) -> None:
    editor = opened("")
    editor.draw("lines", (0.2, 0.8), (0.6, 0.9))
    editor.page.get_by_role("button", name="Flip direction").click()
    editor.draw("lanes", (0.3, 0.2), (0.5, 0.2), (0.5, 0.7), (0.3, 0.7))
    editor.drag((0.4, 0.45 + 0.14), (0.6, 0.45))
    editor.save()
    assert editor.tree()["lines"][0]["from"] == near(0.6, 0.9)
    assert editor.tree()["lanes"][0]["direction"] == pytest.approx([1.0, 0.0], abs=0.03)


def test_a_polygon_that_crosses_itself_is_shown_and_cannot_be_saved(
    opened: OpenEditor, screenshots: Path
) -> None:
    editor = opened("", language="vi")
    editor.draw("zones", (0.2, 0.2), (0.6, 0.6), (0.6, 0.2), (0.2, 0.6))
    expect(editor.page.locator("#finding-list")).to_contain_text("cắt nhau")
    expect(editor.page.locator("#save")).to_be_disabled()
    expect(editor.page.locator(".shape.is-wrong")).to_have_count(1)
    editor.page.screenshot(path=screenshots / "scene-editor-wrong.png", full_page=True)
    editor.page.keyboard.press("Control+s")
    assert not editor.scene.exists()


def test_everything_can_be_drawn_by_keyboard_alone(opened: OpenEditor) -> None:
    editor = opened("")
    page, press = editor.page, editor.page.keyboard.press
    for _ in range(12):
        press("Tab")
        if page.evaluate("document.activeElement.dataset.tool") == "zones":
            break
    press("Enter")
    for _ in range(12):
        press("Tab")
        if page.evaluate("document.activeElement.id") == "sheet":
            break
    for keys in (["ArrowLeft"] * 10, ["ArrowRight"] * 20, ["ArrowDown"] * 15, ["ArrowLeft"] * 20):
        for key in keys:
            press(key)
        press("Enter")
    press("Enter")
    expect(page.locator("#tools [aria-pressed=true]")).to_have_attribute("data-tool", "select")
    for _ in range(4):
        press("Tab")
        if page.evaluate("Boolean(document.activeElement.dataset.handle)"):
            break
    press("ArrowUp")
    press("Control+s")
    expect(page.locator("#status")).to_have_text("Saved")
    first, *others = editor.tree()["zones"][0]["polygon"]
    assert (first, others) == (near(0.4, 0.495), [near(0.6, 0.5), near(0.6, 0.65), near(0.4, 0.65)])


def test_renaming_keeps_comments_and_the_rules_that_name_it(opened: OpenEditor) -> None:
    editor = opened(COMMENTED)
    page = editor.page
    page.get_by_role("button", name="gate", exact=True).first.click()
    page.get_by_label("Name").first.fill("cổng-bắc")
    page.get_by_label("Name").first.press("Tab")
    editor.drag((0.62, 0.98), (0.70, 0.90))
    page.get_by_role("tab", name="Rules").click()
    page.locator("#new-kind").select_option("occupancy")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#finding-list")).to_contain_text("there is no zone")
    page.locator("[data-rule=occupancy-1]").get_by_role("button", name="Remove").click()
    page.locator("[data-rule=gate-count] summary").click()
    page.get_by_label("person").check()
    editor.save()
    text = editor.scene.read_text(encoding="utf-8")
    assert "# Quảng trường, camera 3" in text
    assert 'id = "cổng-bắc"  # the north gate' in text
    assert editor.tree()["rules"] == [
        {"id": "gate-count", "kind": "line_count", "line": "cổng-bắc", "classes": ["person"]}
    ]
    assert [path.read_text("utf-8") for path in editor.scene.parent.glob("*.bak")] == [COMMENTED]


def test_a_file_that_changed_meanwhile_is_not_overwritten(opened: OpenEditor) -> None:
    editor = opened(COMMENTED)
    editor.draw("zones", (0.2, 0.2), (0.6, 0.2), (0.6, 0.6))
    editor.scene.write_text(COMMENTED + "# by another hand\n", encoding="utf-8")
    editor.page.locator("#save").click()
    expect(editor.page.get_by_role("alert")).to_contain_text("changed on disk")
    assert editor.scene.read_text(encoding="utf-8").endswith("# by another hand\n")
    editor.page.on("dialog", lambda dialog: dialog.accept())
    editor.page.get_by_role("button", name="Load the file again").click()
    expect(editor.page.locator("#status")).to_have_text("As in the file")


def test_a_scene_that_does_not_parse_opens_as_text_and_is_mended_there(
    opened: OpenEditor, screenshots: Path
) -> None:
    editor = opened('[[lines]]\nid = "a"\nfrom = [0.1, 0.2\n', language="en")
    page = editor.page
    expect(page.get_by_role("tab", name="Text")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#finding-list")).to_contain_text("not TOML")
    expect(page.locator('[data-tool="lines"]')).to_be_disabled()
    page.screenshot(path=screenshots / "scene-editor-text.png", full_page=True)
    page.locator("#text").fill('[[lines]]\nid = "a"\nfrom = [0.1, 0.2]\nto = [0.5, 0.2]\n')
    expect(page.locator(".shape.lines")).to_have_count(1)
    editor.save()
    assert read_scene(editor.scene).line("a").end == (0.5, 0.2)


def test_a_preview_counts_what_replay_counts(
    opened: OpenEditor, clip: Path, tmp_path: Path, screenshots: Path, complaints: list[str]
) -> None:
    editor = opened((DEMO / "pedestrians.toml").read_text(encoding="utf-8"))
    page = editor.page
    page.get_by_role("tab", name="Preview").click()
    page.locator("#preview-start").click()
    expect(page.locator("#preview-state")).to_contain_text("Done", timeout=120_000)
    lines = tmp_path / "e.jsonl"
    command = [sys.executable, "-m", "edge_agent", "replay", str(clip), "--scene", str(editor.scene)]
    subprocess.run([*command, "--events", str(lines)], check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    replayed = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert any(event["kind"] == "line_crossed" for event in replayed)
    last = page.evaluate("fetch('/api/preview?after=0').then((answer) => answer.json())")
    shown = [event for frame in last["frames"] for event in frame["events"]] + last["last_events"]
    assert shown == replayed
    assert page.locator("#events li").count() == len(replayed)
    page.locator("#events button").first.click()
    expect(page.locator(".seen").first).to_be_visible()
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "scene-editor-preview.png")
    assert complaints == []


def test_a_preview_is_stopped(opened: OpenEditor) -> None:
    editor = opened((DEMO / "pedestrians.toml").read_text(encoding="utf-8"))
    page = editor.page
    page.get_by_role("tab", name="Preview").click()
    page.locator("#preview-start").click()
    expect(page.locator("#preview-state")).to_contain_text("Running")
    page.locator("#preview-stop").click()
    expect(page.locator("#preview-state")).to_contain_text("Stopped")


def test_the_language_is_switched_in_place(opened: OpenEditor, screenshots: Path) -> None:
    editor = opened(COMMENTED, language="vi")
    page = editor.page
    expect(page.get_by_role("button", name="Lưu")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("tab", name="Rules").click()
    page.locator("[data-rule=gate-count] summary").click()
    page.screenshot(path=screenshots / "scene-editor-rules-en.png", full_page=True)


def test_the_address_opens_once_and_for_one_browser(opened: OpenEditor, browser: Browser) -> None:
    editor = opened(COMMENTED)
    editor.page.reload()
    expect(editor.page.locator(".shape.lines")).to_have_count(1)
    context = browser.new_context()
    answer = context.request.get(editor.url)
    assert (answer.status, "before" in answer.text()) == (403, True)
    assert context.request.get(editor.url.split("?")[0] + "api/start").status == 403
    context.close()


def test_names_and_focus_are_there_for_everyone(opened: OpenEditor) -> None:
    editor = opened((DEMO / "pedestrians.toml").read_text(encoding="utf-8"))
    nameless = editor.page.evaluate(
        """[...document.querySelectorAll('button, input, select, textarea, [role=button]')].filter((each) =>
           each.checkVisibility() && !(each.getAttribute('aria-label') || each.textContent.trim() ||
           each.labels?.length)).map((each) => each.outerHTML)"""
    )
    assert nameless == []
    unseen = []
    for _ in range(40):
        editor.page.keyboard.press("Tab")
        unseen += editor.page.evaluate(
            """(() => { const each = document.activeElement, style = getComputedStyle(each);
            const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
            return ring || each.closest('svg') || each === document.body ? [] : [each.outerHTML]; })()"""
        )
    assert unseen == []


@pytest.mark.parametrize(("size", "language"), [("phone", "vi"), ("desktop", "en"), ("tv", "vi")])
def test_axe_finds_nothing_serious_on_any_tab(opened: OpenEditor, size: str, language: str) -> None:
    editor = opened((DEMO / "pedestrians.toml").read_text("utf-8"), size=WIDTHS[size], language=language)
    page = editor.page
    assert findings(page) == []
    editor.draw("zones", (0.2, 0.2), (0.6, 0.6), (0.6, 0.2), (0.2, 0.6))
    expect(page.locator(".shape.is-wrong")).to_have_count(1)
    tabs = page.get_by_role("tab")
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        for summary in page.locator("summary:visible").all():
            summary.click()
        assert findings(page) == [], tab.text_content()
