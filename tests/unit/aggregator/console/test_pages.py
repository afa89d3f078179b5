import re
from pathlib import Path

import pytest

import aggregator.console
from aggregator.console.catalogue import LANGUAGES, load_catalogues
from aggregator.console.pages import ASSETS, Pages, digest_of, load_assets

FOLDER = Path(aggregator.console.__file__).parent
PAGES = Pages(load_catalogues(), load_assets())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_type_never_becomes_markup(language: str) -> None:
    page = PAGES.sign_in(language, error="<i>", name='"><script>alert(1)</script>')
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert f'<html lang="{language}"' in page
    live = PAGES.live(language, user="<u>", csrf="c")
    assert "</script>" not in re.findall(r'id="words">(.*?)</script>', live, re.DOTALL)[0]


def test_the_policy_needs_no_exception() -> None:
    for page in (
        PAGES.sign_in("vi"),
        PAGES.live("vi", user="u", csrf="c"),
        PAGES.password("vi", csrf="c", forced=True),
    ):
        assert re.findall(r"<script(?![^>]*src=)(?![^>]*application/json)", page) == []
        assert re.findall(r"<style| style=| on[a-z]+=|https?://(?!www\.w3\.org)", page) == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    for name in ASSETS:
        text = (FOLDER / "static" / name).read_text("utf-8")
        assert [url for url in re.findall(r"https?://[^\s\"']+", text) if "www.w3.org" not in url] == []


def test_every_word_that_the_script_shows_stands_in_the_catalogue() -> None:
    catalogue = load_catalogues()["vi"]
    used = re.findall(r"words\.([a-z_]+)\.([a-z_]+)", (FOLDER / "static" / "live.js").read_text("utf-8"))
    assert [(section, key) for section, key in used if key not in getattr(catalogue, section)] == []
    assert len(used) > 40


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
