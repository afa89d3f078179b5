"""What notices say, in both languages."""

import pytest

from aggregator.notices.wording import AlarmFacts, worded

FIRST = AlarmFacts("a-1", "intruded", "high", "box-1", "cam-1", "gate", 1_700_000_000_000, 3, 0, 1)
OTHER = AlarmFacts("a-2", "loitered", "low", "box-2", "cam-1", "", 1_700_000_000_000, 1, 0, 1)


@pytest.mark.parametrize(
    ("alarms", "language", "title"),
    [
        ((FIRST,), "vi", "[cao] intruded tại gate"),
        ((FIRST,), "en", "[high] intruded at gate"),
        ((FIRST, OTHER), "vi", "[cao] intruded tại gate và 1 cảnh báo khác"),
        ((OTHER, *[FIRST] * 37), "en", "[low] loitered at box-2 and 37 more"),
    ],
)
def test_the_title_names_the_first_and_counts_the_others(
    alarms: tuple[AlarmFacts, ...], language: str, title: str
) -> None:
    assert worded("m", alarms, language).title == title


def test_a_digest_lists_ten_and_counts_the_rest() -> None:
    message = worded("m", [FIRST] * 12, "en")
    assert len(message.text.splitlines()) == 11
    assert message.text.endswith("… and 2 more")
    assert message.is_urgent
    assert not worded("m", [OTHER], "en").is_urgent
