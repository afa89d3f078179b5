"""Which pages there are, and which of them somebody may open. Pure.

Invariant: a page whose data this server does not serve is not there, so that no link leads to an empty page.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal


@dataclass(frozen=True, slots=True)
class MenuPage:
    """A page of the console.

    Attributes:
        name: its words in the catalogue's `menu`.
        path: its address.
        permission: what it takes to open it.
        needs: the address of the API without which it has nothing to show; empty for none.
        everywhere: whether a grant within areas does not suffice.
        module: the script that draws it; empty for pages with a template of their own.
    """

    name: str
    path: str
    permission: Permission
    needs: str = ""
    everywhere: bool = False
    module: str = ""


MENU: Final = (
    MenuPage("live", "/console", Permission.CONSOLE_USE),
    MenuPage("alarms", "/console/alarms", Permission.ALARMS_READ, "/api/v1/alarms", module="alarms.js"),
    MenuPage("map", "/console/map", Permission.PLACES_READ, "/api/v1/cameras", module="map.js"),
    MenuPage("notices", "/console/notices", Permission.NOTICES_READ, "/api/v1/warnings", module="notices.js"),
    MenuPage("boards", "/console/boards", Permission.TIMESERIES_QUERY),
    MenuPage(
        "rules", "/console/rules", Permission.ALARM_RULES_WRITE, "/api/v1/alarm-rules", module="rules.js"
    ),
    MenuPage("places", "/console/places", Permission.PLACES_WRITE, "/api/v1/sites", module="places.js"),
    MenuPage("users", "/console/users", Permission.USERS_ADMIN, "/api/v1/users", True, "users.js"),
    MenuPage("keys", "/console/keys", Permission.KEYS_ADMIN, "/api/v1/keys", True, "keys.js"),
    MenuPage("audit", "/console/audit", Permission.AUDIT_READ, "/api/v1/audit", True, "audit.js"),
)
ALARM_PAGE: Final = MenuPage(
    "alarm",
    "/console/alarms/{alarm_id}",
    Permission.ALARMS_READ,
    "/api/v1/alarms/{alarm_id}",
    module="alarm.js",
)
"""One alarm; opened from the queue, so it stands in no menu."""

NODE_PAGE: Final = MenuPage(
    "node", "/console/nodes/{node}", Permission.NODES_READ, "/api/v1/nodes/{node}", module="node.js"
)
"""One node; opened from the live page and the map."""
ABOVE: Final = {"alarm": "alarms", "node": "live"}
"""Pages that stand in no menu, and the one of the menu under which they are."""


class Menu:
    """The pages of a server that serves the addresses `served`; None when it serves all of them."""

    def __init__(self, served: AbstractSet[str] | None = None) -> None:
        self.pages = tuple(page for page in MENU if served is None or not page.needs or page.needs in served)
        self.has_alarms = any(page.name == "alarms" for page in self.pages)

    def links(self, who: Principal) -> tuple[MenuPage, ...]:
        """What they may open, in the order of the menu."""
        return tuple(page for page in self.pages if may_open(page, who))


def may_open(page: MenuPage, who: Principal) -> bool:
    """Whether somebody may open a page."""
    if not who.may(page.permission):
        return False
    return not page.everywhere or (who.areas_for(page.permission) is None and who.sites is None)
