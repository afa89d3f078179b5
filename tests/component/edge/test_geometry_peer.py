"""Our lines and zones against those of `supervision`, on generated tracks: every difference has its reason.

Why they differ, and are meant to: (1) `supervision` sees an object only in the strip between the
perpendiculars through the line's ends and compares its side with the one where it was last seen there: it
counts who goes round the end of the line, and misses or delays who crosses obliquely from outside the strip;
ours counts the step that meets the segment (walked in small steps, both count it). (2) A point exactly on the
line is on the negative side for us, on the positive one for `supervision`. (3) Its zones are pictures of
whole pixels, edge included; ours are polygons.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.staged_tracks import played, staged, straight, walk

from edge_agent.rules.line_count import LineCountRule
from edge_agent.rules.origin import Origin
from edge_agent.scene.geometry import FORWARD, Point, crossing, edge_distance, inside, polygon_problem, side
from edge_agent.scene.rule_specs import LineCount
from edge_agent.scene.scene import Line

ROOT = Path(__file__).resolve().parents[3]
PEERS = ROOT / ".cache" / "peers"
PROGRAM = Path(__file__).with_name("supervision_program.py")
WIDTH, HEIGHT = 640, 360
SIGHTS = 50
SMALL = 60
"""Small steps into which an oblique step is cut."""
A_PIXEL = 1.25
"""Half a pixel of rounding in x and in y (0.71 together), and half a pixel of the drawn edge."""

Track = list[Point]
LineCase = tuple[Point, Point, list[Track]]
ZoneCase = tuple[list[Point], list[Point]]


def answers(lines: list[LineCase], zones: list[ZoneCase]) -> tuple[list[list[list[str]]], list[list[bool]]]:
    """What `supervision` says."""
    assert PEERS.is_dir(), f"{PEERS} is missing: run make test, or make .cache/peers/.installed"
    asked = {
        "lines": [{"start": start, "end": end, "tracks": tracks} for start, end, tracks in lines],
        "zones": [{"polygon": polygon, "points": points} for polygon, points in zones],
    }
    run = subprocess.run(
        [sys.executable, PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=dict(os.environ) | {"PYTHONPATH": str(PEERS)},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    said = json.loads(run.stdout)
    return said["lines"], said["zones"]


def generated_lines(rng: random.Random) -> list[LineCase]:
    """Lines in every direction, level and upright ones too, with tracks that hang about near them."""
    cases: list[LineCase] = []
    for number in range(60):
        start = (float(rng.randrange(100, 540)), float(rng.randrange(80, 280)))
        dx, dy = rng.randint(-90, 90), rng.randint(-70, 70)
        if number % 3 == 0:
            dx = 0
        elif number % 3 == 1:
            dy = 0
        end = (start[0] + (dx or (0 if dy else 40)), start[1] + (dy or (0 if dx else 40)))
        tracks = [_wandering(rng, start, end, whole=number % 2 == 0) for _ in range(6)]
        cases.append((start, end, tracks))
    return cases


def _wandering(rng: random.Random, start: Point, end: Point, *, whole: bool) -> Track:
    """A walk about the line; on whole pixels it often stops on the very line or on the edge of its strip."""
    share, reach = rng.uniform(-0.4, 1.4), rng.choice([3.0, 12.0, 45.0])
    x = start[0] + share * (end[0] - start[0]) + rng.uniform(-30, 30)
    y = start[1] + share * (end[1] - start[1]) + rng.uniform(-30, 30)
    track = []
    for _ in range(SIGHTS):
        x, y = (
            min(max(x + rng.uniform(-reach, reach), 0), WIDTH),
            min(max(y + rng.uniform(-reach, reach), 0), HEIGHT),
        )
        if whole:
            x, y = float(round(x)), float(round(y))
        track.append((x, y))
    return track


def in_strip(start: Point, end: Point, point: Point) -> float:
    """How far a point is within the strip of a line: positive inside, 0 on its edge, negative outside."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = (point[0] - start[0]) * dx + (point[1] - start[1]) * dy
    return min(along, dx * dx + dy * dy - along)


def ours(start: Point, end: Point, track: Track) -> list[str]:
    """What our geometry counts, in the other's words: `in` is the way to the negative side."""
    words = [""]
    for before, after in pairwise(track):
        step = crossing(start, end, before, after)
        words.append("" if step is None else "out" if step.direction == FORWARD else "in")
    return words


def reason(start: Point, end: Point, before: Point, after: Point) -> str:
    """Why a step may be counted differently; empty when nothing excuses a difference."""
    if 0.0 in (side(start, end, before), side(start, end, after)):
        return "on the line"
    within = (in_strip(start, end, before), in_strip(start, end, after))
    if min(within) < 0:
        return "outside the strip"
    return "on the edge of the strip" if min(within) == 0 else ""


def theirs_by_our_geometry(start: Point, end: Point, track: Track) -> list[str] | None:
    """Their rule in our terms; None when the track touches the edge of the strip, where rounding decides."""
    words, last = [], None
    for point in track:
        within = in_strip(start, end, point)
        if within == 0:
            return None
        if within < 0:
            words.append("")
            continue
        is_left = side(start, end, point) < 0
        words.append("" if last in (None, is_left) else "in" if is_left else "out")
        last = is_left
    return words


def test_lines_differ_only_round_their_ends_and_on_the_line_itself() -> None:
    cases = generated_lines(random.Random(20_26))
    said, _ = answers(cases, [])
    reasons: Counter[str] = Counter()
    unexplained, agreed, not_their_rule = [], 0, []
    for (start, end, tracks), found in zip(cases, said, strict=True):
        for track, theirs in zip(tracks, found, strict=True):
            steps = zip(track, track[1:], ours(start, end, track)[1:], theirs[1:], strict=False)
            for before, after, our_word, their_word in steps:
                why = reason(start, end, before, after)
                if our_word == their_word:
                    agreed += bool(our_word)
                elif why:
                    reasons[why] += 1
                else:
                    unexplained.append((start, end, before, after, our_word, their_word))
            if theirs_by_our_geometry(start, end, track) not in (None, theirs):
                not_their_rule.append((start, end, track))
    assert unexplained == []
    assert not_their_rule == []
    assert agreed > 200
    assert {name for name, count in reasons.items() if count >= 5} >= {"on the line", "outside the strip"}


def test_oblique_steps_walked_in_small_steps_are_counted_alike() -> None:
    cases, expected = [], []
    for start, end, tracks in generated_lines(random.Random(20_26)):
        steps = [
            (before, after)
            for track in tracks
            for before, after in pairwise(track)
            if reason(start, end, before, after) == "outside the strip"
            and (side(start, end, before) > 0) != (side(start, end, after) > 0)
            and not _meets_an_end(start, end, before, after)
        ][:8]
        if steps:
            cases.append((start, end, [straight(before, after, SMALL) for before, after in steps]))
            expected.append([ours(start, end, [before, after])[1] for before, after in steps])
    said, _ = answers(cases, [])
    assert [["".join(words) for words in found] for found in said] == expected
    counted = Counter(word for words in expected for word in words)
    assert min(counted[word] for word in ("", "in", "out")) > 10


def _meets_an_end(start: Point, end: Point, before: Point, after: Point) -> bool:
    """Whether the step meets the line so close to an end that even small steps are too large to tell."""
    share = side(start, end, before) / (side(start, end, before) - side(start, end, after))
    dx, dy = after[0] - before[0], after[1] - before[1]
    place = (before[0] + share * dx, before[1] + share * dy)
    small = (dx * dx + dy * dy) ** 0.5 / SMALL
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    return abs(in_strip(start, end, place)) < 2 * small * length


def test_who_goes_round_the_end_of_a_line_is_counted_by_them_and_not_by_us() -> None:
    start, end = (300.0, 100.0), (300.0, 200.0)
    track = [(280.0, 150.0), (280.0, 230.0), (320.0, 230.0), (320.0, 150.0)]
    said, _ = answers([(start, end, [track])], [])
    assert said[0][0] == ["", "", "", "in"]
    assert ours(start, end, track) == ["", "", "", ""]


def test_who_walks_straight_through_is_counted_alike_by_the_rule_itself() -> None:
    rng = random.Random(7)
    cases: list[LineCase] = []
    for _ in range(80):
        start = (float(rng.randint(200, 440)), float(rng.randint(120, 240)))
        end = (start[0] + rng.choice([-1, 1]) * rng.randint(60, 150), start[1] + rng.randint(-90, 90))
        dx, dy = end[0] - start[0], end[1] - start[1]
        tracks = []
        for _ in range(3):
            share, far = rng.uniform(0.1, 0.9), rng.choice([-1, 1]) * rng.uniform(0.5, 0.8)
            at = (start[0] + share * dx + rng.uniform(0.01, 0.02), start[1] + share * dy)
            one, other = (at[0] - far * dy, at[1] + far * dx), (at[0] + far * dy, at[1] - far * dx)
            tracks.append(straight(one, other, 21))
        cases.append((start, end, tracks))
    said, _ = answers(cases, [])
    for (start, end, tracks), found in zip(cases, said, strict=True):
        line = Line(id="l", start=_normal(start), end=_normal(end))
        for track, words in zip(tracks, found, strict=True):
            rule = LineCountRule(LineCount(id="r", line="l"), line, Origin("cam", "m", ("person",)))
            events = played(rule, staged(walk([_normal(point) for point in track]))) + rule.finish()
            expected = ["backward" if word == "in" else "forward" for word in words if word]
            assert [event.direction for event in events] == expected
            assert len(expected) == 1


def _normal(point: Point) -> Point:
    return (point[0] / WIDTH, point[1] / HEIGHT)


def generated_zones(rng: random.Random) -> list[ZoneCase]:
    """Polygons of whole pixels, convex and not, with points everywhere and close to their edges."""
    cases: list[ZoneCase] = []
    while len(cases) < 60:
        corners = [
            (float(rng.randrange(40, WIDTH - 40)), float(rng.randrange(40, HEIGHT - 40)))
            for _ in range(rng.randint(3, 7))
        ]
        if polygon_problem(tuple(corners)):
            continue
        points: list[Point] = [
            (rng.uniform(30, WIDTH - 30), rng.uniform(30, HEIGHT - 30)) for _ in range(150)
        ]
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
            for _ in range(25):
                share = rng.random()
                x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
                points.append((x + rng.uniform(-4, 4), y + rng.uniform(-4, 4)))
                points.append((float(round(x)), float(round(y))))
        cases.append((corners, [*points, *corners]))
    return cases


def test_zones_differ_only_within_a_pixel_of_their_edge() -> None:
    cases = generated_zones(random.Random(5))
    _, said = answers([], cases)
    reasons: Counter[str] = Counter()
    unexplained, agreed = [], Counter[bool]()
    for (polygon, points), found in zip(cases, said, strict=True):
        for point, theirs in zip(points, found, strict=True):
            is_inside = inside(tuple(polygon), point)
            distance = edge_distance(tuple(polygon), point)
            if is_inside == theirs:
                agreed[theirs] += 1
            elif distance == 0:
                reasons["on the edge"] += 1
            elif distance <= A_PIXEL:
                reasons["within a pixel of the edge"] += 1
            else:
                unexplained.append((polygon, point, theirs, distance))
    assert unexplained == []
    assert min(agreed.values()) > 3000
    assert {name for name, count in reasons.items() if count >= 5} == {
        "on the edge",
        "within a pixel of the edge",
    }


@pytest.mark.parametrize("package", ["supervision", "deprecate"])
def test_the_peer_is_no_part_of_the_product_s_environment(package: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"import {package}"], capture_output=True, check=False, cwd=ROOT
    )
    assert found.returncode != 0
