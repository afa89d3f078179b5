"""The queries of the committed boards as Grafana sends them: its variables put in, for a range of time."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOARDS = Path(__file__).parents[2] / "provisioning" / "grafana" / "json"
WIDTH_PX = 900
_ROUND_S = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800)


@dataclass(frozen=True)
class Range:
    """What the viewer looks at; `bucket` is the step chosen in the head."""

    start_ms: int
    end_ms: int
    bucket: str = "1h"

    @property
    def interval_s(self) -> int:
        """Width of a bucket that Grafana chooses for a panel of `WIDTH_PX`, at least a minute."""
        wanted = (self.end_ms - self.start_ms) / 1000 / WIDTH_PX
        return next((each for each in _ROUND_S if each >= wanted), _ROUND_S[-1])


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
    return [text for path in paths for _, text in _texts(json.loads(path.read_text("utf-8")))]


def _of(path: Path, within: Range, chosen: Mapping[str, str]) -> list[Asked]:
    board = json.loads(path.read_text("utf-8"))
    single = {each["name"] for each in board["templating"]["list"] if not each.get("includeAll")}
    picked = {name: value for name, value in chosen.items() if name in single}
    return [Asked(path.stem, title, _filled(text, within, picked)) for title, text in _texts(board)]


def _texts(board: dict[str, Any]) -> list[tuple[str, str]]:
    variables = [
        (f"${each['name']}", each["query"]) for each in board["templating"]["list"] if each["type"] == "query"
    ]
    return variables + [
        (panel["title"], target["query"])
        for panel in board["panels"]
        if panel["type"] != "row"
        for target in panel["targets"]
    ]


def _filled(text: str, within: Range, chosen: Mapping[str, str]) -> str:
    filled = text.replace("$timeFilter", f"time >= {within.start_ms}ms and time <= {within.end_ms}ms")
    filled = filled.replace("$__interval", f"{within.interval_s}s").replace("$bucket", within.bucket)
    return re.sub(r"\$\{([a-z]+):regex\}", lambda found: chosen.get(found[1], ".*"), filled)
