"""The tree of a parsed query: frozen values, canonical (one tree for one meaning of the text).

Parentheses are not kept, a negative literal is a literal, times are an anchor and a shift, and what
was left out has its default. Durations and times are int64 nanoseconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Ref:
    """A tag or a field by name; `kind` is "", "tag" or "field" (the cast `::tag`)."""

    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number (an int is an integer literal)."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Span:
    """A duration as an argument, in ns."""

    ns: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its lower-case name."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right`; `op` is one of + - * / %."""

    op: str
    left: "Expression"
    right: "Expression"


Expression = Ref | Literal | Span | Call | Arithmetic


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a SELECT; an empty alias is none."""

    expression: Expression
    alias: str = ""


class Anchor(StrEnum):
    """What an instant is counted from."""

    EPOCH = "epoch"
    NOW = "now"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Instant:
    """A time: `shift_ns` from 1970, from now, or from the date in `text`."""

    anchor: Anchor
    shift_ns: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class TimeBound:
    """`time op at`; `op` is one of = < <= > >=."""

    op: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Compare:
    """`ref op value`: text with = != =~ !~ (a tag), a number with = != < <= > >= (a field)."""

    ref: Ref
    op: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Both:
    """AND."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    left: "Condition"
    right: "Condition"


Condition = TimeBound | Compare | Both | Either


@dataclass(frozen=True, slots=True)
class Source:
    """One measurement; empty database and policy are the defaults."""

    measurement: str
    policy: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """GROUP BY time(width, offset)."""

    width_ns: int
    offset_ns: int = 0


class FillKind(StrEnum):
    """What stands in a bucket without points."""

    NULL = "null"
    NONE = "none"
    PREVIOUS = "previous"
    LINEAR = "linear"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Fill:
    """`fill(…)`; `number` belongs to NUMBER."""

    kind: FillKind = FillKind.NULL
    number: int | float = 0


DEFAULT_FILL: Final = Fill()


@dataclass(frozen=True, slots=True)
class Page:
    """LIMIT and OFFSET; 0 is none."""

    limit: int = 0
    offset: int = 0


NO_PAGE: Final = Page()


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT; `tags` are those of GROUP BY, `all_tags` its `*`, `series_page` SLIMIT and SOFFSET."""

    columns: tuple[Column, ...]
    source: Source
    where: Condition | None = None
    tags: tuple[str, ...] = ()
    all_tags: bool = False
    every: Every | None = None
    fill: Fill = DEFAULT_FILL
    descending: bool = False
    page: Page = NO_PAGE
    series_page: Page = NO_PAGE
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """`op value` of a WITH clause; `values` has one item unless `op` is IN."""

    op: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowMeasurements:
    """SHOW MEASUREMENTS."""

    database: str = ""
    match: Match | None = None
    where: Condition | None = None
    page: Page = NO_PAGE


@dataclass(frozen=True, slots=True)
class ShowTagKeys:
    """SHOW TAG KEYS."""

    database: str = ""
    source: Source | None = None
    where: Condition | None = None
    page: Page = NO_PAGE


@dataclass(frozen=True, slots=True)
class ShowTagValues:
    """SHOW TAG VALUES WITH KEY."""

    key: Match
    database: str = ""
    source: Source | None = None
    where: Condition | None = None
    page: Page = NO_PAGE


@dataclass(frozen=True, slots=True)
class ShowFieldKeys:
    """SHOW FIELD KEYS."""

    database: str = ""
    source: Source | None = None
    page: Page = NO_PAGE


@dataclass(frozen=True, slots=True)
class ShowSeries:
    """SHOW SERIES."""

    database: str = ""
    source: Source | None = None
    where: Condition | None = None
    page: Page = NO_PAGE


@dataclass(frozen=True, slots=True)
class ShowRetentionPolicies:
    """SHOW RETENTION POLICIES."""

    database: str = ""


@dataclass(frozen=True, slots=True)
class ShowDatabases:
    """SHOW DATABASES."""


Listing = ShowMeasurements | ShowTagKeys | ShowTagValues | ShowFieldKeys | ShowSeries
"""What lists something that stands in points."""
Show = Listing | ShowRetentionPolicies | ShowDatabases
Statement = Select | Show
