"""Renders the pages; every word comes from the catalogue, every value is escaped."""

import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.console.catalogue import LANGUAGES, Catalogue

ASSETS: Final = {
    "console.css": "text/css; charset=utf-8",
    "theme.js": "text/javascript; charset=utf-8",
    "format.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "boards.css": "text/css; charset=utf-8",
    "boards.js": "text/javascript; charset=utf-8",
    "board_panels.js": "text/javascript; charset=utf-8",
    "eye.svg": "image/svg+xml",
}
"""Files that the pages load, all of them ours."""


class BoardTitle(msgspec.Struct, frozen=True):
    """A board in the menu."""

    name: str
    title: str


class Asset(msgspec.Struct, frozen=True):
    """One file."""

    content: bytes
    media_type: str


def load_assets() -> dict[str, Asset]:
    """Read the files of ASSETS."""
    folder = resources.files("aggregator.console").joinpath("static")
    return {
        name: Asset(folder.joinpath(name).read_bytes(), media_type) for name, media_type in ASSETS.items()
    }


def digest_of(assets: Mapping[str, Asset]) -> str:
    """One digest for all, as modules find one another beside themselves; addresses carry it."""
    joined = hashlib.sha256()
    for _, asset in sorted(assets.items()):
        joined.update(asset.content)
    return joined.hexdigest()[:12]


class Pages:
    """Templates with their catalogues and the addresses of the assets."""

    def __init__(self, catalogues: Mapping[str, Catalogue], assets: Mapping[str, Asset]) -> None:
        self._catalogues = catalogues
        self._environment = Environment(
            loader=PackageLoader("aggregator.console", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        release = digest_of(assets)
        self._environment.globals["asset"] = lambda name: f"/console/static/{release}/{name}"
        # JSON inside <script>: "</" would end the element, whatever stands in a string.
        self._words = {
            language: msgspec.json.encode(catalogue).decode().replace("<", "\\u003c")
            for language, catalogue in catalogues.items()
        }

    def sign_in(self, language: str, *, error: str = "", name: str = "") -> str:
        """The sign-in page; `error` is a finished sentence."""
        return self._render("sign_in.html", language, error=error, name=name)

    def live(self, language: str, *, user: str) -> str:
        """The live page's frame; live.js fills it."""
        return self._render("live.html", language, user=user, words=self._words[language])

    def board(self, language: str, board: str, boards: Sequence[BoardTitle]) -> str:
        """A board's frame; boards.js fills it."""
        return self._render("board.html", language, board=board, boards=boards)

    def _render(self, template: str, language: str, **values: object) -> str:
        return self._environment.get_template(template).render(
            t=self._catalogues[language], language=language, languages=LANGUAGES, **values
        )
