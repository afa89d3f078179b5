"""The rules on staged clips: a share of what `models/tools/evaluate_rules.py` does, on seeds of its own."""

import pytest
from staged.legal_hour import legal_clips
from staged.score import Tally, tally
from staged.scripts import SCRIPTS, stage_of
from staged.seeds import seeds_of
from staged.stage import BANDS
from staged.stand_ins import JITTERED, PERFECT, Wear
from staged.trial import kept_moments, on_pictures, on_tracks

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import DEFAULT_TILES, tiled
from edge_agent.replay import find_model

WORD = "make test"
REGIMES = ((10.0, 0.0), (5.0, 0.0), (10.0, 0.2))


def _total(rule: str, wear: Wear) -> Tally:
    """A clip of each band, each under another regime."""
    total = Tally()
    for band, seed, (fps, dropped) in zip(BANDS, seeds_of(WORD, rule, 3), REGIMES, strict=True):
        clip = stage_of(rule, seed, band, "tuning")
        total += tally(clip.expected, on_tracks(clip, wear, kept_moments(clip, fps, dropped)))
    return total


@pytest.mark.parametrize("rule", SCRIPTS)
def test_on_perfect_tracks_a_rule_tells_all_that_happened_and_nothing_else(rule: str) -> None:
    total = _total(rule, PERFECT)
    assert total.expected > 0
    assert (total.matched, total.found) == (total.expected, total.expected)


def test_on_worn_tracks_the_rules_together_meet_the_bars() -> None:
    total = sum((_total(rule, JITTERED) for rule in SCRIPTS), Tally())
    assert total.expected > 100
    assert total.met, total


@pytest.mark.parametrize("wear", [PERFECT, JITTERED], ids=lambda wear: wear.name)
def test_legal_behaviour_raises_nothing(wear: Wear) -> None:
    events = [
        (clip.name, event)
        for clip in legal_clips(seeds_of(WORD, "legal", 1), "tuning")
        for event in on_tracks(clip, wear, kept_moments(clip, 5.0, 0.0))
    ]
    assert events == []


@pytest.mark.parametrize("rule", ["red_light", "intrusion"])
def test_on_pictures_through_the_detector_a_rule_meets_the_bars(rule: str) -> None:
    detector = tiled(LiteRtDetector(find_model(DEFAULT_MODEL), threads=2), DEFAULT_TILES)
    (seed,) = seeds_of(WORD, f"{rule} pictures", 1)
    clip = stage_of(rule, seed, "large", "tuning")
    total = tally(clip.expected, on_pictures(clip, detector, kept_moments(clip, 5.0, 0.0)))
    assert total.expected > 0
    assert total.met, total
