import re
from pathlib import Path

import pytest

import aggregator.console
from aggregator.console.catalogue import LANGUAGES, load_catalogues
from aggregator.console.menu import ALARM_PAGE, MENU, NODE_PAGE
from aggregator.console.pages import ASSETS, Pages, digest_of, load_assets
from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.identity.service import Visitor

FOLDER = Path(aggregator.console.__file__).parent
PAGES = Pages(load_catalogues(), load_assets())


def visitor(name: str = "u", areas: frozenset[str] | None = None) -> Visitor:
    who = Principal(Kind.PERSON, "id", name, (Grant(Role.LEADER, areas, None),))
    return Visitor(who, "c", must_change=False, local=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_type_never_becomes_markup(language: str) -> None:
    page = PAGES.sign_in(language, error="<i>", name='"><script>alert(1)</script>')
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert f'<html lang="{language}"' in page
    live = PAGES.live(language, visitor("<u>"))
    assert "</script>" not in re.findall(r'id="words">(.*?)</script>', live, re.DOTALL)[0]


def test_the_policy_needs_no_exception() -> None:
    for page in (
        PAGES.sign_in("vi"),
        PAGES.live("vi", visitor()),
        PAGES.work("vi", ALARM_PAGE, visitor(), (), subject='"><b>', path="/console/alarms/x"),
        PAGES.password("vi", csrf="c", forced=True),
    ):
        assert re.findall(r"<script(?![^>]*src=)(?![^>]*application/json)", page) == []
        assert re.findall(r"<style| style=| on[a-z]+=|https?://(?!www\.w3\.org)", page) == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    for name in ASSETS:
        text = (FOLDER / "static" / name).read_text("utf-8")
        assert [url for url in re.findall(r"https?://[^\s\"']+", text) if "www.w3.org" not in url] == []


@pytest.mark.parametrize("name", [name for name in ASSETS if name.endswith(".js")])
def test_every_word_that_a_script_shows_stands_in_the_catalogue(name: str) -> None:
    catalogue = load_catalogues()["vi"]
    text = (FOLDER / "static" / name).read_text("utf-8")
    used = re.findall(r"\bwords\.([a-z_]+)\.([a-z_0-9]+)", text)
    own = re.findall(r"^const w = words\.([a-z_]+);", text, re.MULTILINE)
    if own:
        used += [(own[0], key) for key in re.findall(r"(?<![\w.])w\.([a-z_0-9]+)", text)]
    assert [(section, key) for section, key in used if key not in getattr(catalogue, section)] == []


def test_the_live_page_shows_many_words() -> None:
    assert len(re.findall(r"\bwords\.", (FOLDER / "static" / "live.js").read_text("utf-8"))) > 40


def test_every_page_has_its_script_and_its_name() -> None:
    pages = [*MENU, ALARM_PAGE, NODE_PAGE]
    assert [page.module for page in pages if page.module and page.module not in ASSETS] == []
    assert [page.name for page in pages if page.name not in load_catalogues()["vi"].menu] == []


def test_what_somebody_may_do_tells_where() -> None:
    may = re.compile(r'data-may="([^"]*)"')
    everywhere = may.findall(PAGES.live("vi", visitor()))[0].split()
    within = may.findall(PAGES.live("vi", visitor(areas=frozenset({"01"}))))[0].split()
    assert Permission.STAGE_SET.value in within
    assert f"{Permission.STAGE_SET.value}:everywhere" in everywhere
    assert [each for each in within if ":" in each] == []


def test_a_changed_file_changes_the_address() -> None:
    assets = load_assets()
    changed = assets | {"live.js": assets["theme.js"]}
    assert digest_of(assets) != digest_of(changed)


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> dict[str, dict[str, str]]:
    css = (FOLDER / "static" / "console.css").read_text("utf-8")
    blocks = {"dark": r":root \{(.*?)\}", "light": r':root\[data-theme="light"\] \{(.*?)\}'}
    return {
        name: dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", re.findall(pattern, css, re.DOTALL)[0]))
        for name, pattern in blocks.items()
    }


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        *((text, ground, 4.5) for text in ("text", "muted") for ground in ("ground", "card", "raised")),
        *((text, "fresh", 4.5) for text in ("text", "muted")),
        *((text, "alarm-ground", 4.5) for text in ("text", "muted", "alarm")),
        *((text, "card", 4.5) for text in ("ok", "warn", "alarm", "accent")),
        ("on-accent", "accent", 4.5),
        *((edge, "card", 3.0) for edge in ("edge-strong", "alarm-edge")),
        *((f"series-{name}", "card", 3.0) for name in ("0", "1", "2", "3", "4", "5", "other")),
    ],
)
def test_contrast_is_enough_in_both_themes(theme: str, text: str, ground: str, least: float) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= least
