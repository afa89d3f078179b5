import pytest

from aggregator.storage.timeseries.influxql.patterns import alternatives, beginnings, matches_all


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^(a|b c)$", ("a", "b c")),
        ("^(?:a|b)$", ("a", "b")),
        ("^a$", ("a",)),
        ("^()$", ("",)),
        ("^$", ("",)),
        ("^(car|)$", ("car", "")),
        (r"^(cam\-1|a\.b|x\|y|p\\q)$", ("cam-1", "a.b", "x|y", r"p\q")),
        ("^sơn trà$", ("sơn trà",)),
        ("a|b", None),
        ("^a|b$", None),
        ("^(a|b)", None),
        ("^(a.|b)$", None),
        (r"^(\d|b)$", None),
        ("^(a(b)|c)$", None),
        ("^(?i)a$", None),
        ("^(a+)$", None),
        ("^[ab]$", None),
    ],
)
def test_a_plain_list_is_told_from_a_regex(pattern: str, expected: tuple[str, ...] | None) -> None:
    assert alternatives(pattern) == expected


@pytest.mark.parametrize(("pattern", "expected"), [("", True), ("^.*$", True), (".*", True), (".+", False)])
def test_what_matches_everything_is_known(pattern: str, expected: bool) -> None:  # noqa: FBT001  of the table
    assert matches_all(pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^(school-|campus-)", ("school-", "campus-")),
        ("^a", ("a",)),
        (r"^a\.b", ("a.b",)),
        ("^(a|b)$", None),
        ("^a|b", None),
        ("^a.", None),
        ("a", None),
    ],
)
def test_a_plain_list_of_beginnings_is_told_from_a_regex(
    pattern: str, expected: tuple[str, ...] | None
) -> None:
    assert beginnings(pattern) == expected
