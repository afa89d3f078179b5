"""A board: its sections of panels laid out for a wall, with the head that all boards share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row, TimePicker
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLink

from provisioning.grafana import links, variables
from provisioning.grafana.marks import BOARD_TAG, UID_PREFIX
from provisioning.grafana.panels import PanelBuilder, Panels
from provisioning.grafana.targets import LOCAL_ZONE
from provisioning.grafana.words import Language, Words

_AUTO_KEYS: Final = ("auto", "auto_min", "auto_count")
"""Keys that the SDK writes in every variable and Grafana's published schema does not have."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled row of panels, always open: nobody clicks on a wall."""

    title: str
    panels: tuple[PanelBuilder, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard in every language: `name` makes its uid, `console_path` is where its links lead."""

    name: str
    console_path: str
    variables: Callable[[Words], tuple[variables.Variable, ...]]
    sections: Callable[[Panels], tuple[Section, ...]]
    refresh: str = "30s"
    since: str = "now-24h"

    def uid(self, language: Language) -> str:
        """Stable uid, the same in every version and on every server."""
        return board_uid(self.name, language)


def board_uid(name: str, language: Language) -> str:
    """Uid of the board `name` in that language."""
    return f"{UID_PREFIX}{name}-{language.value}"


def board_json(board: Board, words: Words) -> dict[str, object]:
    """The board as Grafana stores it: plain JSON values, panels numbered from 1."""
    language = words.language
    built = (
        Dashboard(words.title(f"board_{board.name}"))
        .uid(board.uid(language))
        .description(words.title(f"about_{board.name}"))
        .tags([BOARD_TAG, language.value])
        .timezone(LOCAL_ZONE)
        .week_start("monday")
        .time(board.since, "now")
        .refresh(board.refresh)
        .timepicker(TimePicker().refresh_intervals(["5s", "30s", "1m", "5m", "15m"]))
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .links(_head_links(board, words))
        .variables([variables.source(words), variables.console(), *board.variables(words)])
    )
    panels = Panels(words, board.console_path)
    for section in board.sections(panels):
        row = Row(words.title(section.title)).collapsed(False)
        built.with_row(row)
        for panel in section.panels:
            built.with_panel(panel)
    plain = msgspec.json.decode(JSONEncoder(ensure_ascii=False).encode(built.build()))
    return _numbered(plain)


def _head_links(board: Board, words: Words) -> list[Builder[DashboardLink]]:
    other = Language.EN if words.language is Language.VI else Language.VI
    uid = board.uid(words.language)
    return [
        links.board_list(words.title("boards"), words.language.value),
        links.board_link(words.title("other_language"), board.uid(other)),
        links.year_link(words.title("year"), uid),
        links.wall_link(words.title("wall"), uid),
        links.console_link(words.title("console"), board.console_path),
    ]


def _numbered(plain: dict[str, object]) -> dict[str, object]:
    """Panels get ids in the order of the page; what the published schema does not know is left out."""
    panels = plain["panels"]
    assert isinstance(panels, list)  # noqa: S101  the SDK's own type
    numbered = [{**panel, "id": index} for index, panel in enumerate(panels, start=1)]
    templating = plain["templating"]
    assert isinstance(templating, dict)  # noqa: S101  the SDK's own type
    chosen = [
        {key: value for key, value in variable.items() if key not in _AUTO_KEYS}
        for variable in templating["list"]
    ]
    return {**plain, "panels": numbered, "templating": {"list": chosen}}
