"""The queries of the committed boards as Grafana sends them: its variables put in, for a range of time."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOARDS = Path(__file__).parents[2] / "provisioning" / "grafana" / "json"
USUAL_POINTS = 900
_MINUTE_MS = 60_000
# Grafana's own table: an interval below the left is taken as the right (milliseconds).
_ROUNDED = (
    (90_000, 60_000), (210_000, 120_000), (450_000, 300_000), (750_000, 600_000), (1_050_000, 900_000),
    (1_500_000, 1_200_000), (2_700_000, 1_800_000), (5_400_000, 3_600_000), (9_000_000, 7_200_000),
    (16_200_000, 10_800_000), (32_400_000, 21_600_000), (86_400_000, 43_200_000), (604_800_000, 86_400_000),
)  # fmt: skip


@dataclass(frozen=True)
class Range:
    """What the viewer looks at; `bucket` is the step chosen in the head."""

    start_ms: int
    end_ms: int
    bucket: str = "1h"

    def interval_s(self, points: int) -> int:
        """Width of a bucket that Grafana chooses for so many points, at least a minute."""
        wanted = max(_MINUTE_MS, (self.end_ms - self.start_ms) / points)
        return next((each for below, each in _ROUNDED if wanted < below), 604_800_000) // 1000


@dataclass(frozen=True)
class Asked:
    """One query of a panel, or of a variable in a board's head."""

    board: str
    title: str
    text: str


def board_queries(within: Range, chosen: Mapping[str, str]) -> list[Asked]:
    """Every query of every board in Vietnamese (the queries of both languages are the same).

    `chosen` fills the variables that take one value; those that take several stand at All.
    """
    return [asked for path in sorted((BOARDS / "vi").glob("*.json")) for asked in _of(path, within, chosen)]


def raw_queries(language: str) -> list[str]:
    """The queries as they stand in the boards of a language."""
    paths = sorted((BOARDS / language).glob("*.json"))
    return [text for path in paths for _, text, _ in _texts(json.loads(path.read_text("utf-8")))]


def _of(path: Path, within: Range, chosen: Mapping[str, str]) -> list[Asked]:
    board = json.loads(path.read_text("utf-8"))
    single = {each["name"] for each in board["templating"]["list"] if not each.get("includeAll")}
    picked = {name: value for name, value in chosen.items() if name in single}
    return [
        Asked(path.stem, title, _filled(text, within, picked, points))
        for title, text, points in _texts(board)
    ]


def _texts(board: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Title, query and number of points of each query."""
    heads = [each for each in board["templating"]["list"] if each["type"] == "query"]
    return [(f"${each['name']}", each["query"], USUAL_POINTS) for each in heads] + [
        (panel["title"], target["query"], panel.get("maxDataPoints", USUAL_POINTS))
        for panel in board["panels"]
        if panel["type"] != "row"
        for target in panel["targets"]
    ]


def _filled(text: str, within: Range, chosen: Mapping[str, str], points: int) -> str:
    filled = text.replace("$timeFilter", f"time >= {within.start_ms}ms and time <= {within.end_ms}ms")
    filled = filled.replace("$__interval", f"{within.interval_s(points)}s").replace("$bucket", within.bucket)
    return re.sub(r"\$\{([a-z]+):regex\}", lambda found: chosen.get(found[1], ".*"), filled)
