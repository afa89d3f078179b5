"""What the endpoints of the slice take from the address and the headers."""

from typing import Annotated

from fastapi import Header, Path, Query

from aggregator.alarms.repository import AlarmFilter
from aggregator.alarms.rules import Severity, Work
from aggregator.alarms.service import AlarmsService
from aggregator.alarms.states import State
from aggregator.identity.principal import Principal
from aggregator.web.params import NameParam, NodeParam, SinceParam, UntilParam

ME = "me"
KindPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
IdPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", max_length=64)]
AreaParam = Annotated[
    str | None, Query(max_length=36, pattern=r"^[A-Za-z0-9-]+$", description="this area and all below it")
]
_IF_MATCH = r'^(\*|(W/)?"?[0-9]{1,9}"?)$'
IfMatch = Annotated[
    str | None, Header(pattern=_IF_MATCH, max_length=16, description="`version` as the caller saw it")
]


class Wanted:
    """Filters of listings, as a dependency."""

    def __init__(
        self,
        *,
        state: Annotated[list[State] | None, Query(max_length=5, description="any of these")] = None,
        kind: Annotated[list[str] | None, Query(max_length=32, description="any of these")] = None,
        severity: Annotated[list[Severity] | None, Query(max_length=4)] = None,
        area: AreaParam = None,
        assignee: Annotated[
            str | None, Query(max_length=64, description="id of a user, role or agency, or `me`")
        ] = None,
        node: NodeParam = None,
        camera: NameParam = None,
        site: NameParam = None,
        work: Annotated[Work | None, Query(description="field of work")] = None,
        since: SinceParam = None,
        until: UntilParam = None,
    ) -> None:
        self._area = area
        self._assignee = assignee
        self._filter = AlarmFilter(
            states=tuple(each.value for each in state or ()),
            kinds=tuple(each for each in kind or () if "\x00" not in each),
            severities=tuple(each.value for each in severity or ()),
            node=node or "",
            camera=camera or "",
            site=site or "",
            work=work.value if work else "",
            since=since,
            until=until,
        )

    def of(self, service: AlarmsService, who: Principal) -> AlarmFilter:
        """The filter, with areas expanded and `me` named."""
        found = self._filter
        assignee = who.id if self._assignee == ME else (self._assignee or "").replace("\x00", "")
        return AlarmFilter(
            states=found.states,
            kinds=found.kinds,
            severities=found.severities,
            areas=service.within(self._area),
            assignee=assignee,
            node=found.node,
            camera=found.camera,
            site=found.site,
            work=found.work,
            since=found.since,
            until=found.until,
        )


def version_of(if_match: str | None) -> int | None:
    """The version that a header asks for; None for any."""
    if if_match is None or if_match == "*":
        return None
    return int(if_match.removeprefix("W/").strip('"'))
