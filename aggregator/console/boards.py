"""The dashboards of the wall, drawn in the console from the very JSON that Grafana gets.

Neighbours: static/boards.js asks `/query` as Grafana would, with the console's session.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Cookie, Depends, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.console.catalogue import LANGUAGES
from aggregator.console.endpoints import LANGUAGE_COOKIE
from aggregator.console.menu import Menu
from aggregator.console.pages import BoardTitle, Pages
from aggregator.errors import NotFoundError
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.service import Visitor

SHIPPED_BOARDS: Final = Path(__file__).parents[2] / "provisioning" / "grafana" / "json"
_ORDER: Final = (
    "city",
    "alarms",
    "traffic",
    "order",
    "places",
    "environment",
    "fleet",
    "node",
    "camera",
    "security",
)
_YEAR_S: Final = 31_536_000
Language = Annotated[str | None, Cookie(alias=LANGUAGE_COOKIE, include_in_schema=False)]


class _Titled(msgspec.Struct, frozen=True):
    title: str


class Boards:
    """The committed boards of each language, read once."""

    def __init__(self, files: Mapping[tuple[str, str], bytes]) -> None:
        self._files = files
        self._titles = {
            language: tuple(
                BoardTitle(name, msgspec.json.decode(files[language, name], type=_Titled).title)
                for name in _ORDER
                if (language, name) in files
            )
            for language in LANGUAGES
        }

    def titles(self, language: str) -> tuple[BoardTitle, ...]:
        """Names and titles in the order of the menu."""
        return self._titles[language]

    def json(self, language: str, name: str) -> bytes:
        """A board's JSON; raises NotFoundError."""
        found = self._files.get((language, name))
        if found is None:
            raise NotFoundError(f"there is no board {name!r}: choose one in the menu")
        return found


def read_boards(folder: Path = SHIPPED_BOARDS) -> Boards:
    """Read every board of `folder`, which has a folder a language."""
    return Boards(
        {
            (language, path.stem): path.read_bytes()
            for language in LANGUAGES
            for path in sorted(folder.joinpath(language).glob("*.json"))
        }
    )


def boards_router(
    boards: Boards, pages: Pages, guard: Guard, menu: Menu, *, secure_cookies: bool
) -> APIRouter:
    """`/console/boards/{name}` and its JSON, for signed-in consoles."""
    router = APIRouter(include_in_schema=False)
    sees = Depends(guard.page(Permission.TIMESERIES_QUERY))

    @router.get("/console/boards", dependencies=[sees])
    def first() -> Response:
        return RedirectResponse(f"/console/boards/{_ORDER[0]}", status_code=303)

    @router.get("/console/boards/{name}")
    def board(
        name: str,
        visitor: Annotated[Visitor, sees],
        language: Language = None,
        lang: Annotated[str | None, Query(max_length=8)] = None,
    ) -> Response:
        shown = _language(lang if lang in LANGUAGES else language)
        boards.json(shown, name)
        who = visitor.principal
        text = pages.board(
            shown, name, boards.titles(shown), csrf=visitor.csrf, user=who.name, links=menu.links(who)
        )
        page = HTMLResponse(text)
        if lang in LANGUAGES:
            page.set_cookie(
                LANGUAGE_COOKIE, lang, max_age=_YEAR_S, samesite="lax", httponly=True, secure=secure_cookies
            )
        return page

    @router.get("/console/boards/{language}/{name}.json", dependencies=[sees])
    def board_json(language: str, name: str) -> Response:
        return Response(boards.json(language, name), media_type="application/json")

    return router


def _language(asked: str | None) -> str:
    return asked if asked in LANGUAGES else LANGUAGES[0]
