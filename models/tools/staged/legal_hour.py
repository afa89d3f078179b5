"""Clips in which no event may come: both places, every band in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from staged.scripts_legal import junction, square
from staged.stage import BANDS, Stage
from staged.staging import Staging


def legal_clips(
    seeds: Sequence[int], split: str, *, band: str | None = None, seconds: float | None = None
) -> Iterator[Staging]:
    """Five minutes of each place for each seed, or less when `seconds` says so."""
    for index, seed in enumerate(seeds):
        for place in (junction, square):
            chosen = band or tuple(BANDS)[index % len(BANDS)]
            clip = place(Stage(place.__name__, seed, chosen, split, "day"))
            yield clip if seconds is None else replace(clip, seconds=min(seconds, clip.seconds))
