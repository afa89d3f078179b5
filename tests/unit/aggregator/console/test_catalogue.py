import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aggregator.console.catalogue import LANGUAGES, Catalogue, load_catalogues
from aggregator.nodes.presence import Status, Why
from fleet.wire.kinds import ALARM_KINDS, RECORD_KINDS

CATALOGUES = load_catalogues()


def flat(catalogue: Catalogue) -> dict[str, str]:
    sections = msgspec.to_builtins(catalogue)
    return {
        f"{section}.{key}": text
        for section, entries in sections.items()
        if isinstance(entries, dict)
        for key, text in entries.items()
    }


def test_both_languages_have_the_same_keys_with_the_same_places_for_values() -> None:
    vi, en = flat(CATALOGUES["vi"]), flat(CATALOGUES["en"])
    assert set(vi) == set(en)
    places = re.compile(r"\{(\w+)\}")
    assert {key: set(places.findall(text)) for key, text in vi.items()} == {
        key: set(places.findall(text)) for key, text in en.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_status_and_reason_has_words(language: str) -> None:
    catalogue = CATALOGUES[language]
    assert set(catalogue.kinds) == ALARM_KINDS | RECORD_KINDS
    assert set(Status) == set(catalogue.status)
    assert set(Why) == set(catalogue.why)
    assert {"forward", "backward"} == set(catalogue.directions)
    assert {"online", "offline", "starting"} == set(catalogue.camera_status)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language: str) -> None:
    assert [key for key, text in flat(CATALOGUES[language]).items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stage_has_one_name_in_the_console_and_on_the_boards(language: str) -> None:
    words = Path(__file__).parents[4] / "provisioning" / "grafana" / "words.toml"
    of_boards = tomllib.loads(words.read_text("utf-8"))
    named = {key: value[language] for key, value in _leaves(of_boards) if re.fullmatch(r"stage_[1-5]", key)}
    ours = CATALOGUES[language].stages
    assert {f"stage_{n}": f"{ours['stage'].format(n=n)} – {ours[f'n{n}']}" for n in range(1, 6)} == named


def _leaves(table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and not set(LANGUAGES) <= set(value):
            yield from _leaves(value)
        else:
            yield key, value
