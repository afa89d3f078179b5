"""Query parameters that several listings share, with their limits."""

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from aggregator.web.cursors import MAX_CURSOR

_TEXT = r"^[^\x00-\x1f\x7f]{1,64}$"

NodeParam = Annotated[str | None, Query(pattern=_TEXT, description="only this node")]
NameParam = Annotated[str | None, Query(pattern=_TEXT)]
SinceParam = Annotated[
    AwareDatetime | None, Query(description="from this instant on (in), ISO 8601 with its offset")
]
UntilParam = Annotated[AwareDatetime | None, Query(description="up to this instant (out)")]
CursorParam = Annotated[
    str | None, Query(max_length=MAX_CURSOR, description="`next_cursor` of the page before")
]
LimitParam = Annotated[int, Query(ge=1, le=1000, description="items a page")]
