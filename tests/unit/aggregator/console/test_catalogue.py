import re

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
