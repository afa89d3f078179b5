"""Renders the pages; every word comes from the catalogue, every value is escaped."""

import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.console.catalogue import LANGUAGES, Catalogue
from aggregator.console.menu import ABOVE, MenuPage
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.service import Visitor

ASSETS: Final = {
    "console.css": "text/css; charset=utf-8",
    "theme.js": "text/javascript; charset=utf-8",
    "format.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "boards.css": "text/css; charset=utf-8",
    "boards.js": "text/javascript; charset=utf-8",
    "board_panels.js": "text/javascript; charset=utf-8",
    "work.css": "text/css; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
    "shell.js": "text/javascript; charset=utf-8",
    "alarm_actions.js": "text/javascript; charset=utf-8",
    "alarm_words.js": "text/javascript; charset=utf-8",
    "alarms.js": "text/javascript; charset=utf-8",
    "alarm.js": "text/javascript; charset=utf-8",
    "stage.js": "text/javascript; charset=utf-8",
    "plan.js": "text/javascript; charset=utf-8",
    "ground.js": "text/javascript; charset=utf-8",
    "map.js": "text/javascript; charset=utf-8",
    "places.js": "text/javascript; charset=utf-8",
    "users.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "choose.js": "text/javascript; charset=utf-8",
    "area_names.js": "text/javascript; charset=utf-8",
    "rules.js": "text/javascript; charset=utf-8",
    "rule_form.js": "text/javascript; charset=utf-8",
    "notices.js": "text/javascript; charset=utf-8",
    "warning_form.js": "text/javascript; charset=utf-8",
    "node.js": "text/javascript; charset=utf-8",
    "audit.js": "text/javascript; charset=utf-8",
    "eye.svg": "image/svg+xml",
}
"""Files that the pages load, all of them ours."""
_WITH_STAGE: Final = frozenset({"alarms", "alarm", "map", "notices"})


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

    def __init__(
        self,
        catalogues: Mapping[str, Catalogue],
        assets: Mapping[str, Asset],
        *,
        sign_on: str | None = None,
    ) -> None:
        self._sign_on = sign_on
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

    @property
    def has_sign_on(self) -> bool:
        """Whether people may sign on elsewhere."""
        return self._sign_on is not None

    def sign_in(self, language: str, *, error: str = "", name: str = "") -> str:
        """The sign-in page; `error` is a finished sentence."""
        return self._render("sign_in.html", language, error=error, name=name, sign_on=self._sign_on)

    def onward(self, language: str, location: str, words: str) -> str:
        """A page that goes on to `location` by itself."""
        return self._render("onward.html", language, location=location, words=words)

    def password(self, language: str, *, csrf: str, forced: bool, error: str = "") -> str:
        """The page on which a password is chosen; `forced` when nothing else is shown before."""
        return self._render("password.html", language, csrf=csrf, forced=forced, error=error)

    def live(
        self,
        language: str,
        visitor: Visitor,
        links: Sequence[MenuPage] = (),
        *,
        shows_stage: bool = False,
    ) -> str:
        """The live page's frame; live.js fills it."""
        who = visitor.principal
        return self._render(
            "live.html",
            language,
            user=who.name,
            csrf=visitor.csrf,
            links=links,
            shows_stage=shows_stage,
            may=_may(who),
            user_id=who.id,
            words=self._words[language],
        )

    def board(
        self,
        language: str,
        board: str,
        boards: Sequence[BoardTitle],
        *,
        csrf: str,
        user: str = "",
        links: Sequence[MenuPage] = (),
    ) -> str:
        """A board's frame; boards.js fills it."""
        return self._render(
            "board.html", language, board=board, boards=boards, csrf=csrf, user=user, links=links
        )

    def work(
        self,
        language: str,
        page: MenuPage,
        visitor: Visitor,
        links: Sequence[MenuPage],
        *,
        subject: str = "",
        path: str = "",
    ) -> str:
        """The frame of a page on which people work; its script fills it. `subject` is what it is about."""
        who = visitor.principal
        return self._render(
            "work.html",
            language,
            user=who.name,
            user_id=who.id,
            csrf=visitor.csrf,
            page=page,
            path=path or page.path,
            subject=subject,
            here=ABOVE.get(page.name, page.name),
            may=_may(who),
            links=links,
            shows_stage=page.name in _WITH_STAGE and any(each.name == "alarms" for each in links),
            words=self._words[language],
        )

    def _render(self, template: str, language: str, **values: object) -> str:
        return self._environment.get_template(template).render(
            {
                "csrf": "",
                "user": "",
                "links": (),
                "t": self._catalogues[language],
                "language": language,
                "languages": LANGUAGES,
            }
            | values
        )


def _may(who: Principal) -> str:
    """What somebody may do, joined by spaces; `:everywhere` marks what they may do in no area alone."""
    held = [each for each in Permission if who.may(each)]
    wide = [each for each in held if who.areas_for(each) is None and who.sites is None]
    return " ".join([*(each.value for each in held), *(f"{each.value}:everywhere" for each in wide)])
