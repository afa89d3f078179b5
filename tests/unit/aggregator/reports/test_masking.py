import pytest

from aggregator.reports.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gọi 0905123456 nhé", "gọi ••• nhé"),
        ("gọi 0905 123 456.", "gọi •••."),
        ("+84 905-123-456", "•••"),
        ("02343823456", "•••"),
        ("an.nguyen+1@mail.example.vn", "•••"),
        ("a@b.vn, 0905.123.456", "•••, •••"),
        ("số nhà 12, đường 30/4, ngày 02/09/2026", "số nhà 12, đường 30/4, ngày 02/09/2026"),
        ("biển số 75A-123.45", "biển số 75A-123.45"),
        ("tọa độ 16.46371, 107.59089", "tọa độ 16.46371, 107.59089"),
        ("a @ b", "a @ b"),
        ("", ""),
    ],
)
def test_ways_to_reach_somebody_are_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_hostile_text_takes_no_long_time() -> None:
    for text in ("0" * 4000, "a@" * 2000, "a." * 2000 + "@", "0 " * 2000, "@" + "a." * 2000):
        assert len(masked(text)) <= len(text) + 10
