"""InfluxQL text as one statement; everything outside the subset is refused by name. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from aggregator.storage.timeseries.influxql import conditions, expressions
from aggregator.storage.timeseries.influxql.lexer import Kind
from aggregator.storage.timeseries.influxql.reader import Parameters, Reader
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError, UnsupportedError
from aggregator.storage.timeseries.influxql.syntax import (
    DEFAULT_FILL,
    Every,
    Fill,
    FillKind,
    Match,
    Page,
    Select,
    Show,
    ShowDatabases,
    ShowFieldKeys,
    ShowMeasurements,
    ShowRetentionPolicies,
    ShowSeries,
    ShowTagKeys,
    ShowTagValues,
    Source,
    Statement,
)

_CHANGING: Final = frozenset(
    {"ALTER", "BEGIN", "CREATE", "DELETE", "DROP", "EXPLAIN", "GRANT", "INSERT", "KILL", "REVOKE", "SET"}
)
_NO_PARAMETERS: Final[Mapping[str, str]] = {}


def parse(text: str, parameters: Parameters = _NO_PARAMETERS) -> Statement:
    """The statement in `text`.

    Raises:
        SyntaxRefusedError: it is not InfluxQL.
        UnsupportedError: it is InfluxQL that is not served.
    """
    reader = Reader(text, parameters)
    statement = _statement(reader)
    while reader.takes_mark(";"):
        pass
    if reader.token.kind is not Kind.END:
        if reader.token.is_word("SELECT", "SHOW", *_CHANGING):
            raise UnsupportedError(
                "several statements in one request are not served: send one request for each,"
                " as Grafana's datasource does"
            )
        raise reader.unexpected("EOF")
    return statement


def _statement(reader: Reader) -> Statement:
    token = reader.token
    if token.is_word(*_CHANGING):
        raise UnsupportedError(f"{token.value.upper()} is not served: this address only reads")
    if reader.takes_word("SELECT"):
        return _select(reader)
    if reader.takes_word("SHOW"):
        return _show(reader)
    raise reader.unexpected("SELECT, SHOW")


def _select(reader: Reader) -> Select:
    columns = expressions.columns(reader)
    if reader.token.is_word("INTO"):
        raise UnsupportedError("SELECT INTO is not served: this address only reads")
    reader.need_word("FROM")
    source = _source(reader)
    where = conditions.where(reader)
    tags, all_tags, every = _group_by(reader) if reader.takes_word("GROUP", "BY") else ((), False, None)
    fill = _fill(reader)
    descending = _descending(reader)
    page = _page(reader, "LIMIT", "OFFSET")
    series_page = _page(reader, "SLIMIT", "SOFFSET")
    return Select(
        columns=columns,
        source=source,
        where=where,
        tags=tags,
        all_tags=all_tags,
        every=every,
        fill=fill or DEFAULT_FILL,
        descending=descending,
        page=page,
        series_page=series_page,
        zone=_zone(reader),
    )


def _source(reader: Reader) -> Source:
    if reader.token.is_mark("("):
        raise UnsupportedError("subqueries are not served: ask the measurement itself")
    if reader.token.kind is Kind.REGEX:
        raise UnsupportedError("a regex for the measurement is not served: name one measurement")
    parts = [reader.name()]
    while reader.takes_mark("."):
        if reader.token.is_mark("."):  # "db".."m": the default policy
            parts.append("")
            continue
        if reader.token.is_mark("/"):
            raise UnsupportedError("a regex for the measurement is not served: name one measurement")
        parts.append(reader.name())
    if reader.token.is_mark(","):
        raise UnsupportedError("several measurements in one query are not served: send one query for each")
    if len(parts) > 3:  # noqa: PLR2004  database, policy, measurement
        raise SyntaxRefusedError("a measurement is written m, policy.m or database.policy.m")
    *before, measurement = parts
    policy = before[-1] if before else ""
    return Source(measurement, policy, before[0] if len(parts) == 3 else "")  # noqa: PLR2004


def _group_by(reader: Reader) -> tuple[tuple[str, ...], bool, Every | None]:
    tags: list[str] = []
    every: Every | None = None
    all_tags = False
    while True:
        if reader.token.kind is Kind.REGEX:
            raise UnsupportedError("GROUP BY a regex is not served: name the tags")
        if reader.takes_mark("*"):
            all_tags = True
        elif reader.token.is_word("TIME") and reader.after.is_mark("("):
            if every is not None:
                raise SyntaxRefusedError("multiple time dimensions not allowed")
            every = _every(reader)
        else:
            ref = expressions.reference(reader)
            if ref.kind == "field":
                raise UnsupportedError(f"GROUP BY the field {ref.name} is not served: group by tags")
            if ref.name not in tags:
                tags.append(ref.name)
        if not reader.takes_mark(","):
            return tuple(tags), all_tags, every


def _every(reader: Reader) -> Every:
    reader.take()
    reader.need_mark("(")
    width = int(reader.need(Kind.DURATION).number)
    offset = 0
    if reader.takes_mark(","):
        if reader.token.is_word("NOW"):
            raise UnsupportedError("now() as the offset of GROUP BY time is not served: give a duration")
        sign = -1 if reader.takes_mark("-") else 1
        offset = sign * int(reader.need(Kind.DURATION).number)
    reader.need_mark(")")
    if width == 0:
        raise SyntaxRefusedError("GROUP BY time needs a duration above 0")
    return Every(width, offset)


def _fill(reader: Reader) -> Fill | None:
    if not (reader.token.is_word("FILL") and reader.after.is_mark("(")):
        return None
    reader.take()
    reader.take()
    sign = -1 if reader.takes_mark("-") else 1
    token = reader.need(Kind.WORD, Kind.INTEGER, Kind.NUMBER)
    reader.need_mark(")")
    if token.kind is not Kind.WORD:
        return Fill(FillKind.NUMBER, sign * token.number)
    known = {kind.value: kind for kind in FillKind if kind is not FillKind.NUMBER}
    kind = known.get(token.value.lower())
    if kind is None or sign < 0:
        raise SyntaxRefusedError(f"fill({token.value}) is unknown: {', '.join(known)} or a number are known")
    return Fill(kind)


def _descending(reader: Reader) -> bool:
    if not reader.takes_word("ORDER", "BY"):
        return False
    if reader.token.kind not in {Kind.WORD, Kind.QUOTED} or reader.token.value.lower() != "time":
        if reader.takes_word("DESC"):
            return True
        if reader.takes_word("ASC"):
            return False
        raise UnsupportedError("only ORDER BY time supported at this time")
    reader.take()
    if reader.takes_word("DESC"):
        return True
    reader.takes_word("ASC")
    return False


def _page(reader: Reader, limit: str, offset: str) -> Page:
    limited = _count(reader) if reader.takes_word(limit) else 0
    if reader.token.is_word(offset) and not limited:
        raise UnsupportedError(f"{offset} without {limit} is not served: InfluxDB answers it at random")
    skipped = _count(reader) if reader.takes_word(offset) else 0
    return Page(limited, skipped)


def _count(reader: Reader) -> int:
    return int(reader.need(Kind.INTEGER).number)


def _zone(reader: Reader) -> str:
    if not (reader.token.is_word("TZ") and reader.after.is_mark("(")):
        return ""
    reader.take()
    reader.take()
    name = reader.need(Kind.TEXT).value
    reader.need_mark(")")
    return name


def _show(reader: Reader) -> Show:
    if reader.takes_word("DATABASES"):
        return ShowDatabases()
    if reader.takes_word("RETENTION", "POLICIES"):
        return ShowRetentionPolicies(_on(reader))
    rules: tuple[tuple[tuple[str, ...], Callable[[Reader], Show]], ...] = (
        (("MEASUREMENTS",), _show_measurements),
        (("TAG", "KEYS"), _show_tag_keys),
        (("TAG", "VALUES"), _show_tag_values),
        (("FIELD", "KEYS"), _show_field_keys),
        (("SERIES",), _show_series),
    )
    for words, rule in rules:
        if reader.takes_word(*words):
            if reader.token.is_word("CARDINALITY", "EXACT"):
                raise UnsupportedError("CARDINALITY is not served: count what SHOW lists")
            return rule(reader)
    known = ", ".join(" ".join(words) for words, _ in rules)
    found = reader.token.value.upper()
    raise UnsupportedError(f"SHOW {found} is not served: DATABASES, RETENTION POLICIES, {known} are")


def _show_measurements(reader: Reader) -> Show:
    database = _on(reader)
    match = None
    if reader.takes_word("WITH", "MEASUREMENT"):
        match = _match(reader, ("=", "=~"), listed=False)
    return ShowMeasurements(database, match, conditions.where(reader), _unordered_page(reader))


def _show_tag_keys(reader: Reader) -> Show:
    return ShowTagKeys(_on(reader), _from(reader), conditions.where(reader), _unordered_page(reader))


def _show_tag_values(reader: Reader) -> Show:
    database, source = _on(reader), _from(reader)
    reader.need_word("WITH", "KEY")
    key = _match(reader, ("=", "!=", "=~", "!~"), listed=True)
    return ShowTagValues(key, database, source, conditions.where(reader), _unordered_page(reader))


def _show_field_keys(reader: Reader) -> Show:
    return ShowFieldKeys(_on(reader), _from(reader), _unordered_page(reader))


def _show_series(reader: Reader) -> Show:
    return ShowSeries(_on(reader), _from(reader), conditions.where(reader), _unordered_page(reader))


def _on(reader: Reader) -> str:
    return reader.name() if reader.takes_word("ON") else ""


def _from(reader: Reader) -> Source | None:
    return _source(reader) if reader.takes_word("FROM") else None


def _unordered_page(reader: Reader) -> Page:
    if reader.token.is_word("ORDER"):
        raise UnsupportedError("ORDER BY is not served in SHOW: answers are sorted by name")
    page = _page(reader, "LIMIT", "OFFSET")
    if reader.token.is_word("SLIMIT", "SOFFSET"):
        raise UnsupportedError("SLIMIT and SOFFSET are not served in SHOW")
    return page


def _match(reader: Reader, ops: tuple[str, ...], *, listed: bool) -> Match:
    if listed and reader.takes_word("IN"):
        reader.need_mark("(")
        values = [reader.name()]
        while reader.takes_mark(","):
            values.append(reader.name())
        reader.need_mark(")")
        return Match("IN", tuple(values))
    op = reader.need(Kind.MARK).value
    if op not in ops:
        raise UnsupportedError(f"WITH … {op} is not served: {' '.join(ops)} are")
    if op in {"=~", "!~"}:
        return Match(op, (reader.need(Kind.REGEX).value,))
    return Match(op, (reader.name(),))
