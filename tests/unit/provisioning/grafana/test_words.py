import pytest

from fleet.wire.kinds import ALARM_KINDS, RECORD_KINDS
from provisioning.grafana.words import Language, UnknownWordError, Words, load_words

FILE = load_words()


@pytest.mark.parametrize("section", ["titles", "classes", "kinds", "severities", "domains", "fields"])
def test_every_text_stands_in_both_languages(section: str) -> None:
    sayings = getattr(FILE, section)
    assert [key for key, saying in sayings.items() if not saying.vi.strip() or not saying.en.strip()] == []


def test_every_kind_of_event_has_a_name() -> None:
    assert FILE.kinds.keys() == ALARM_KINDS | RECORD_KINDS


def test_a_text_is_given_in_the_language_asked() -> None:
    assert Words(Language.VI, FILE).title("board_city") == "Toàn cảnh thành phố"
    assert Words(Language.EN, FILE).title("board_city") == "City overview"
    assert Words(Language.EN, FILE).meaning("pm25").startswith("Particles")


def test_a_text_that_is_missing_says_what_to_add() -> None:
    with pytest.raises(UnknownWordError, match=r"no titles\.nothing: add it in both languages"):
        Words(Language.EN, FILE).title("nothing")
