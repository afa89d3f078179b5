"""Links between boards, languages and the console."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

CONSOLE: Final = "${console:raw}"
"""Address of the console: a constant of each board, which `provision grafana --console` sets."""
_RANGE: Final = "${__url_time_range}"


def console_link(title: str, path: str) -> DashboardLink:
    """Link of a panel to a page of the console."""
    return _link(title, f"{CONSOLE}{path}", icon="external link").target_blank(True)


def board_list(title: str, tag: str) -> DashboardLink:
    """Menu of the boards that carry `tag`, keeping time and choices."""
    return (
        DashboardLink(title)
        .type(DashboardLinkType.DASHBOARDS)
        .tags([tag])
        .as_dropdown(True)
        .icon("external link")
        .include_vars(True)
        .keep_time(True)
        .target_blank(False)
    )


def board_link(title: str, uid: str) -> DashboardLink:
    """Link to one board, keeping time and choices."""
    return _link(title, f"/d/{uid}", icon="dashboard").include_vars(True).keep_time(True)


def wall_link(title: str, uid: str) -> DashboardLink:
    """Link to the board without Grafana's frame, for a wall."""
    return _link(title, f"/d/{uid}?kiosk&{_RANGE}", icon="eye")


def year_link(title: str, uid: str) -> DashboardLink:
    """Link to the board over a year, in steps of a day."""
    return _link(title, f"/d/{uid}?from=now-1y&to=now&var-bucket=1d", icon="clock")


def _link(title: str, url: str, *, icon: str) -> DashboardLink:
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url).icon(icon)
