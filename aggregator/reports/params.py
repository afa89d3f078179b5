"""What the endpoints of the slice take from the address and the headers."""

from typing import Annotated

from fastapi import Header, Path, Query

from aggregator.reports.categories import Field
from aggregator.reports.repository import ReportFilter
from aggregator.reports.schemas import Channel
from aggregator.reports.service import ReportsService
from aggregator.reports.states import State
from aggregator.storage.instants import to_ms
from aggregator.web.params import SinceParam, UntilParam

TOKEN_HEADER = "X-Report-Token"  # noqa: S105  a header's name
_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SLUG = r"^[a-z0-9-]{2,64}$"
IdPath = Annotated[str, Path(pattern=_ID)]
CategoryPath = Annotated[str, Path(pattern=_SLUG)]
Token = Annotated[
    str,
    Header(
        alias=TOKEN_HEADER,
        min_length=32,
        max_length=128,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="made at random by the client for this report, kept by it and shown to nobody else",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        pattern=r'^(\*|(W/)?"?[0-9]{1,9}"?)$', max_length=16, description="`version` as the caller saw it"
    ),
]


class Wanted:
    """Filters of listings, as a dependency."""

    def __init__(
        self,
        *,
        state: Annotated[list[State] | None, Query(max_length=11, description="any of these")] = None,
        field: Annotated[list[Field] | None, Query(max_length=14)] = None,
        category: Annotated[list[str] | None, Query(max_length=32)] = None,
        channel: Annotated[list[Channel] | None, Query(max_length=7)] = None,
        area: Annotated[
            str | None, Query(max_length=36, pattern=r"^[A-Za-z0-9-]+$", description="with all below it")
        ] = None,
        agency: Annotated[str | None, Query(pattern=_SLUG)] = None,
        code: Annotated[str | None, Query(pattern=r"^[0-9]{5}-[0-9]{5}$")] = None,
        overdue: Annotated[bool, Query(description="only those that are due and not answered")] = False,
        since: SinceParam = None,
        until: UntilParam = None,
    ) -> None:
        self._area = area
        self._overdue = overdue
        self._filter = ReportFilter(
            states=tuple(each.value for each in state or ()),
            categories=tuple(each for each in category or () if "\x00" not in each),
            fields=tuple(each.value for each in field or ()),
            channels=tuple(channel or ()),
            agency=agency or "",
            code=code or "",
            since_ms=None if since is None else to_ms(since),
            until_ms=None if until is None else to_ms(until),
        )

    def of(self, service: ReportsService) -> ReportFilter:
        """The filter, with the area expanded."""
        return service.narrowed(self._filter, self._area, overdue=self._overdue)


def version_of(if_match: str | None) -> int | None:
    """The version that a header asks for; None for any."""
    if if_match is None or if_match == "*":
        return None
    return int(if_match.removeprefix("W/").strip('"'))
