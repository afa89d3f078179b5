"""What `models/tools/evaluate_rules.py` prints and when it fails."""

import json

import evaluate_rules
import pytest
from evaluate_rules import Row, print_table
from staged.score import Tally

WORDS = ["--no-pictures", "--rule", "line_count", "--band", "large", "--regime", "5 fps", "--seeds", "1"]


def test_each_row_is_a_json_line_that_says_staged(capsys: pytest.CaptureFixture[str]) -> None:
    code = evaluate_rules.main([*WORDS, "--legal-minutes", "0", "--commit", "test"])
    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert code == 0
    assert [(row["rule"], row["way"], row["verdict"]) for row in rows] == [
        ("line_count", "perfect", "met"),
        ("line_count", "jittered", "met"),
    ]
    assert all(row["staged"] and row["commit"] == "test" and row["expected"] > 0 for row in rows)
    assert "staged" in printed.err


def _row(regime: str, verdict: str, recall: float) -> Row:
    return Row("red_light", "large", "pictures", regime, 3, 10, 9, 9, 1.0, recall, 0.95, verdict)


def test_the_table_shows_the_worst_regime_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [_row("10 fps", "met", 0.95), _row("5 fps", "missed", 0.8), _row("15 fps", "met", 0.91)]
    print_table(rows, "0123456789abcdef")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "0123456789ab" in lines[0]
    assert lines[2].split()[3:] == ["30", "1.00", "0.80", "0.95", "missed", "5", "fps"]


@pytest.mark.parametrize(
    ("tally", "seen", "verdict"),
    [
        (Tally(10, 10, 10), None, "met"),
        (Tally(8, 10, 8), None, "missed"),
        (Tally(8, 10, 8), 0.95, "missed"),
        (Tally(8, 10, 8), 0.5, "blind"),
        (Tally(0, 0, 0), 0.95, "empty"),
        (Tally(0, 0, 1), 0.95, "missed"),
    ],
)
def test_what_the_detector_cannot_see_is_not_judged(tally: Tally, seen: float | None, verdict: str) -> None:
    row = evaluate_rules._row("red_light", "large", "pictures", evaluate_rules.REGIMES[0], 1, tally, seen)
    assert row.verdict == verdict
