"""Judge every rule on staged clips: on perfect tracks, on worn ones, and on pictures through the detector.

    .venv/bin/python models/tools/evaluate_rules.py                      the whole; about an hour on two cores
    .venv/bin/python models/tools/evaluate_rules.py --seeds 2 --no-pictures --rule red_light

JSON lines go to standard output, the table to standard error. Every figure is "staged": cut-outs over
pictures, not a street. A row is one rule, one band of object heights, one way and one regime (frames a
second, share of frames dropped, light); an event is right when it is about the right object within two
seconds. Seeds come from the commit, so that nobody can have tuned on them; cut-outs and backgrounds are the
held-out ones.

Exit code 1 when a bar is missed: precision 0.95, recall 0.90, and no event at all in an hour of legal
behaviour. A row whose objects the detector finds in fewer than 90 % of single pictures is printed and not
judged: `blind`; neither is one in whose clips nothing had to come: `empty`.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from staged.assets import SPLITS
from staged.eyesight import LEAST_SEEN, seen_share, things_seen
from staged.legal_hour import legal_clips
from staged.remembering import RememberingDetector
from staged.score import Tally, tally
from staged.scripts import SCRIPTS, VEHICLE_SCRIPTS, stage_of
from staged.seeds import commit_hash, seeds_of
from staged.stage import BANDS
from staged.staging import Staging
from staged.stand_ins import JITTERED, PERFECT
from staged.trial import kept_moments, on_pictures, on_tracks

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.detector import Detector, ModelError
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import DEFAULT_TILES, tiled
from edge_agent.replay import find_model

WEARS = (PERFECT, JITTERED)
LEGAL = "legal_hour"
THING_RULES = frozenset({"littering", "abandoned"})
PIXEL_RULES = frozenset({"camera_health"})
"""Rules that look at the picture itself: no detector can be blind for them."""


@dataclass(frozen=True, slots=True)
class Regime:
    """How the frames come: how many a second, which share of them is lost, by which light."""

    name: str
    fps: float
    dropped: float = 0.0
    light: str = "day"


REGIMES = (
    Regime("10 fps", 10),
    Regime("5 fps", 5),
    Regime("15 fps", 15),
    Regime("10 fps, 20 % dropped", 10, 0.2),
)
NIGHTS = (Regime("10 fps, dusk", 10, light="dusk"), Regime("10 fps, night", 10, light="night"))
NIGHT_RULES = ("red_light", "illegal_parking", "intrusion")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `seen` is the share of single pictures in which the detector finds them."""

    rule: str
    band: str
    way: str
    regime: str
    clips: int
    expected: int
    found: int
    matched: int
    precision: float | None
    recall: float | None
    seen: float | None
    verdict: str
    staged: bool = True


def main(words: list[str] | None = None) -> int:
    """Print the rows and the table; 1 when a bar is missed, 2 when the input cannot be used."""
    args = _arguments(words)
    commit = args.commit or commit_hash()
    detector: Detector | None = None
    try:
        if args.pictures:
            model = LiteRtDetector(find_model(args.model), threads=args.threads)
            detector = tiled(RememberingDetector(model), args.tiles)
    except ModelError as error:
        print(f"evaluate_rules: {error}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for row in _rows(args, commit, detector):
        rows.append(row)
        print(json.dumps({**asdict(row), "commit": commit}), flush=True)
    print_table(rows, commit)
    return 1 if any(row.verdict == "missed" for row in rows) else 0


def _rows(args: argparse.Namespace, commit: str, detector: Detector | None) -> Iterator[Row]:
    for rule in args.rule if args.seeds else ():
        for band in args.band:
            yield from track_rows(rule, band, args, commit)
    if args.legal_minutes:
        yield from legal_rows(args, commit, detector)
    if detector is not None:
        for rule in args.rule:
            for band in args.band:
                yield from picture_rows(rule, band, args, commit, detector)


def track_rows(rule: str, band: str, args: argparse.Namespace, commit: str) -> Iterator[Row]:
    """The rule alone."""
    seeds = seeds_of(commit, f"{rule} {band}", args.seeds)
    for wear in WEARS:
        for regime in args.regimes:
            clips = [_clip(rule, seed, band, args, regime, vehicle=None) for seed in seeds]
            total = sum(
                (
                    tally(
                        clip.expected, on_tracks(clip, wear, kept_moments(clip, regime.fps, regime.dropped))
                    )
                    for clip in clips
                ),
                Tally(),
            )
            yield _row(rule, band, wear.name, regime, len(clips), total)


def picture_rows(
    rule: str, band: str, args: argparse.Namespace, commit: str, detector: Detector
) -> Iterator[Row]:
    """The rule behind the whole pipeline."""
    nights = NIGHTS if rule in NIGHT_RULES and band == "large" and len(args.regimes) > 1 else ()
    for regime in (*args.regimes, *nights):
        seeds = seeds_of(commit, f"{rule} {band} pictures", args.picture_seeds)
        clips = [_clip(rule, seed, band, args, regime, vehicle=None) for seed in seeds]
        if reason := next((clip.tracks_only for clip in clips if clip.tracks_only), ""):
            yield Row(rule, band, "pictures", regime.name, 0, 0, 0, 0, None, None, None, f"none: {reason}")
            return
        seen = _seen_by(rule, band, regime.light, args, detector)
        if seen is not None and seen < LEAST_SEEN and not args.blind:
            yield Row(rule, band, "pictures", regime.name, 0, 0, 0, 0, None, None, round(seen, 2), "blind")
            continue
        total = Tally()
        for clip in clips:
            times = kept_moments(clip, regime.fps, regime.dropped)
            total += tally(clip.expected, on_pictures(clip, detector, times))
        yield _row(rule, band, "pictures", regime, len(clips), total, seen)


def _seen_by(rule: str, band: str, light: str, args: argparse.Namespace, detector: Detector) -> float | None:
    """How well a rule's objects are seen; nothing for a rule that needs no detector."""
    if rule in PIXEL_RULES:
        return None
    seen = _seen("car" if rule in VEHICLE_SCRIPTS else "person", band, light, args, detector)
    return min(seen, _seen("thing", band, light, args, detector)) if rule in THING_RULES else seen


def _seen(class_name: str, band: str, light: str, args: argparse.Namespace, detector: Detector) -> float:
    """Measured once for each class, band and light."""
    known: dict[tuple[str, str, str], float] = args.eyesight
    key = (class_name, band, light)
    if key not in known:
        known[key] = (
            things_seen(band, light, args.split)
            if class_name == "thing"
            else seen_share(class_name, band, light, args.split, detector)
        )
    return known[key]


def legal_rows(args: argparse.Namespace, commit: str, detector: Detector | None) -> Iterator[Row]:
    """An hour in which nothing may come: on tracks for the whole, on pictures for a few minutes."""
    seeds = seeds_of(commit, LEGAL, max(round(args.legal_minutes / 5), 1))
    for wear in WEARS:
        found = 0
        minutes = 0.0
        for clip in legal_clips(seeds, args.split):
            found += len(on_tracks(clip, wear, kept_moments(clip, 5, 0.0)))
            minutes += clip.seconds / 60
        yield _legal_row("all rules", wear.name, minutes, found)
    if detector is not None:
        for clip in legal_clips(seeds[:1], args.split, band="large", seconds=args.legal_pictures_s):
            found = len(on_pictures(clip, detector, kept_moments(clip, 5, 0.0)))
            yield _legal_row(clip.name, "pictures", clip.seconds / 60, found)


def _legal_row(place: str, way: str, minutes: float, found: int) -> Row:
    verdict = "met" if not found else "missed"
    regime = f"{minutes:.0f} minutes in all, 5 fps"
    return Row(LEGAL, place, way, regime, 0, 0, found, 0, None, None, None, verdict)


def _clip(
    rule: str, seed: int, band: str, args: argparse.Namespace, regime: Regime, *, vehicle: str | None
) -> Staging:
    return stage_of(rule, seed, band, args.split, regime.light, vehicle=vehicle)


def _row(  # noqa: PLR0917  the columns of a row
    rule: str, band: str, way: str, regime: Regime, clips: int, total: Tally, seen: float | None = None
) -> Row:
    is_blind = seen is not None and seen < LEAST_SEEN
    is_empty = not (total.expected or total.found)
    verdict = "blind" if is_blind else "empty" if is_empty else "met" if total.met else "missed"
    return Row(
        rule=rule,
        band=band,
        way=way,
        regime=regime.name,
        clips=clips,
        expected=total.expected,
        found=total.found,
        matched=total.matched,
        precision=_rounded(total.precision),
        recall=_rounded(total.recall),
        seen=_rounded(seen),
        verdict=verdict,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def print_table(rows: Iterable[Row], commit: str) -> None:
    """One line a rule, band and way: the worst of its regimes."""
    print(f"staged, seeds of commit {commit[:12]}; the worst regime of each", file=sys.stderr)
    head = ("rule", "band", "way", "events", "precision", "recall", "seen", "verdict", "worst regime")
    form = "{:16} {:10} {:9} {:>7} {:>9} {:>7} {:>5} {:12} {}"
    print(form.format(*head), file=sys.stderr)
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.rule, row.band, row.way), []).append(row)
    for group in groups.values():
        worst = min(group, key=_badness)
        cells = (
            worst.rule,
            worst.band,
            worst.way,
            str(sum(row.expected for row in group)),
            _shown(worst.precision),
            _shown(worst.recall),
            _shown(worst.seen),
            worst.verdict[:40],
            worst.regime,
        )
        print(form.format(*cells), file=sys.stderr)


def _badness(row: Row) -> tuple[bool, float]:
    figures = [value for value in (row.precision, row.recall) if value is not None]
    return (row.verdict != "missed", min(figures, default=1.0))


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rule", action="append", choices=sorted(SCRIPTS), help="repeatable; all")
    parser.add_argument("--band", action="append", choices=sorted(BANDS), help="repeatable; all")
    parser.add_argument("--regime", action="append", choices=[each.name for each in REGIMES], help="all")
    parser.add_argument("--seeds", type=int, default=16, help="clips a row on tracks (16; 0: none)")
    parser.add_argument("--picture-seeds", type=int, default=3, help="clips a row on pictures (3)")
    parser.add_argument("--pictures", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--blind", action="store_true", help="run rows that the detector cannot see, too")
    parser.add_argument("--legal-minutes", type=float, default=60.0, help="of legal behaviour (60; 0: none)")
    parser.add_argument("--legal-pictures-s", type=float, default=180.0, help="of it on pictures (180)")
    parser.add_argument("--commit", help="hash that the seeds come from (the checkout's)")
    parser.add_argument("--split", choices=SPLITS, default="held_out", help="(held_out)")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--tiles", type=int, default=DEFAULT_TILES)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(words)
    args.rule = args.rule or list(SCRIPTS)
    args.band = args.band or list(BANDS)
    args.eyesight = {}
    args.regimes = tuple(each for each in REGIMES if not args.regime or each.name in args.regime)
    return args


if __name__ == "__main__":
    sys.exit(main())
