"""Render a staged clip, its truth and its scene file: for tests, and for training technicians.

    .venv/bin/python models/tools/render_staged.py red_light --seed 7 --out /tmp/clips
    .venv/bin/python models/tools/render_staged.py --list

Writes SCRIPT-BAND-LIGHT-SEED.mp4, the truth beside it as .jsonl, and the scene as .toml, so that

    edge-agent replay CLIP.mp4 --scene CLIP.toml

shows what the rules make of it. Same arguments, same truth. docs/staged.md explains.
"""

import argparse
import sys
from pathlib import Path

from staged.assets import SPLITS
from staged.render import write_clip
from staged.scripts import SCRIPTS, stage_of
from staged.stage import BANDS
from staged.truth_file import truth_lines

LIGHTS = ("day", "dusk", "night")


def main(words: list[str] | None = None) -> int:
    """Render what was asked; 2 when that cannot be done."""
    args = _arguments(words)
    if args.list:
        for name, script in SCRIPTS.items():
            print(f"{name:16} {(script.__doc__ or '').splitlines()[0]}")
        return 0
    staging = stage_of(args.script, args.seed, args.band, args.split, args.light, vehicle=args.vehicle)
    stem = f"{args.script}-{args.band}-{args.light}-{args.seed}"
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / f"{stem}.toml").write_text(staging.scene, "utf-8")
        with (args.out / f"{stem}.jsonl").open("w", encoding="utf-8") as truth:
            truth.writelines(line + "\n" for line in truth_lines(staging, args.fps))
        write_clip(staging, args.out / f"{stem}.{args.format}", args.fps)
    except OSError as error:
        print(f"render_staged: {error}", file=sys.stderr)
        return 2
    print(f"{args.out / stem}.{args.format}: staged, {len(staging.expected)} events to come")
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("script", nargs="?", choices=sorted(SCRIPTS), help="what happens")
    parser.add_argument("--list", action="store_true", help="tell the scripts and end")
    parser.add_argument("--seed", type=int, default=1, help="decides everything that is left open (1)")
    parser.add_argument("--band", choices=sorted(BANDS), default="large", help="size of the objects (large)")
    parser.add_argument("--light", choices=LIGHTS, default="day", help="(day)")
    parser.add_argument("--split", choices=SPLITS, default="tuning", help="which cut-outs (tuning)")
    parser.add_argument("--vehicle", help="class of the actors, where the script leaves it open")
    parser.add_argument("--fps", type=float, default=10.0, help="frames a second (10)")
    parser.add_argument("--format", choices=("mp4", "avi"), default="mp4", help="avi is Motion JPEG (mp4)")
    parser.add_argument("--out", type=Path, default=Path(), help="folder (this one)")
    args = parser.parse_args(words)
    if args.script is None and not args.list:
        parser.error("name a script, or ask for --list")
    return args


if __name__ == "__main__":
    sys.exit(main())
