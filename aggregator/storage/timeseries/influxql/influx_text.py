"""A tree as InfluxQL text, written anew: what InfluxDB gets is this and never the text received. Pure.

Invariant: `parse(render(tree)) == tree` for every tree that the parser can make.
"""

from decimal import Decimal
from typing import Final

from aggregator.storage.timeseries.influxql.expressions import precedence
from aggregator.storage.timeseries.influxql.lexer import NS
from aggregator.storage.timeseries.influxql.syntax import (
    NO_PAGE,
    Anchor,
    Arithmetic,
    Both,
    Call,
    Column,
    Compare,
    Condition,
    Either,
    Every,
    Expression,
    Fill,
    FillKind,
    Instant,
    Literal,
    Match,
    Page,
    Ref,
    Select,
    ShowDatabases,
    ShowFieldKeys,
    ShowMeasurements,
    ShowRetentionPolicies,
    ShowSeries,
    ShowTagKeys,
    ShowTagValues,
    Source,
    Span,
    Statement,
    TimeBound,
)

_UNITS: Final = sorted(((ns, unit) for unit, ns in NS.items() if unit != "µ"), reverse=True)


def render(statement: Statement) -> str:
    """InfluxQL of a statement."""
    match statement:
        case Select():
            return _select(statement)
        case ShowDatabases():
            return "SHOW DATABASES"
        case ShowRetentionPolicies():
            return _joined("SHOW RETENTION POLICIES", _on(statement.database))
        case ShowMeasurements():
            parts = ["SHOW MEASUREMENTS", _on(statement.database), _with("MEASUREMENT", statement.match)]
        case ShowTagKeys():
            parts = ["SHOW TAG KEYS", _on(statement.database), _from(statement.source)]
        case ShowTagValues():
            head = ["SHOW TAG VALUES", _on(statement.database), _from(statement.source)]
            parts = [*head, _with("KEY", statement.key)]
        case ShowFieldKeys():
            head = ["SHOW FIELD KEYS", _on(statement.database), _from(statement.source)]
            return _joined(*head, _page(statement.page))
        case ShowSeries():
            parts = ["SHOW SERIES", _on(statement.database), _from(statement.source)]
    return _joined(*parts, _where(statement.where), _page(statement.page))


def _select(select: Select) -> str:
    columns = ", ".join(_column(column) for column in select.columns)
    return _joined(
        f"SELECT {columns}",
        _from(select.source),
        _where(select.where),
        _group_by(select),
        _fill(select.fill),
        "ORDER BY time DESC" if select.descending else "",
        _page(select.page),
        _page(select.series_page, "S"),
        f"tz({_text(select.zone)})" if select.zone else "",
    )


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _column(column: Column) -> str:
    text = _expression(column.expression)
    return f"{text} AS {_name(column.alias)}" if column.alias else text


def _expression(expression: Expression) -> str:
    match expression:
        case Ref():
            return _ref(expression)
        case Literal():
            return _number(expression.value)
        case Span():
            return _duration(expression.ns)
        case Call():
            return f"{expression.name}({', '.join(_expression(part) for part in expression.arguments)})"
        case Arithmetic():
            own = precedence(expression.op)
            left = _operand(expression.left, own)
            right = _operand(expression.right, own + 1)
            return f"{left} {expression.op} {right}"


def _operand(expression: Expression, least: int) -> str:
    text = _expression(expression)
    if isinstance(expression, Arithmetic) and precedence(expression.op) < least:
        return f"({text})"
    return text


def _ref(ref: Ref) -> str:
    return _name(ref.name) + (f"::{ref.kind}" if ref.kind else "")


def _name(name: str) -> str:
    return '"' + _escaped(name, '"') + '"'


def _text(text: str) -> str:
    return "'" + _escaped(text, "'") + "'"


def _escaped(text: str, quote: str) -> str:
    return text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")


def _regex(pattern: str) -> str:
    parts: list[str] = []
    escaped = False
    for letter in pattern:
        parts.append("\\/" if letter == "/" and not escaped else letter)
        escaped = letter == "\\" and not escaped
    return f"/{''.join(parts)}/"


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    plain = format(Decimal(repr(value)), "f")  # InfluxQL knows no exponents
    return plain if "." in plain else plain + ".0"


def _duration(ns: int) -> str:
    sign = "-" if ns < 0 else ""
    width, unit = next((width, unit) for width, unit in _UNITS if ns % width == 0)
    return f"{sign}{abs(ns) // width}{unit}"


def _from(source: Source | None) -> str:
    if source is None:
        return ""
    parts = [_name(source.measurement)]
    if source.policy or source.database:
        parts.insert(0, _name(source.policy) if source.policy else "")
    if source.database:
        parts.insert(0, _name(source.database))
    return "FROM " + ".".join(parts)


def _on(database: str) -> str:
    return f"ON {_name(database)}" if database else ""


def _with(what: str, match: Match | None) -> str:
    if match is None:
        return ""
    if match.op == "IN":
        return f"WITH {what} IN ({', '.join(_name(value) for value in match.values)})"
    value = match.values[0]
    return f"WITH {what} {match.op} {_regex(value) if match.op.endswith('~') else _name(value)}"


def _where(condition: Condition | None) -> str:
    return "" if condition is None else f"WHERE {_condition(condition)}"


def _condition(condition: Condition) -> str:
    match condition:
        case TimeBound():
            return f"time {condition.op} {_instant(condition.at)}"
        case Compare():
            return f"{_ref(condition.ref)} {condition.op} {_value(condition)}"
        case Both():
            left = _grouped(condition.left, (Either,))
            return f"{left} AND {_grouped(condition.right, (Either, Both))}"
        case Either():
            return f"{_condition(condition.left)} OR {_grouped(condition.right, (Either,))}"


def _grouped(condition: Condition, kinds: tuple[type[Condition], ...]) -> str:
    text = _condition(condition)
    return f"({text})" if isinstance(condition, kinds) else text


def _value(compare: Compare) -> str:
    if not isinstance(compare.value, str):
        return _number(compare.value)
    return _regex(compare.value) if compare.op.endswith("~") else _text(compare.value)


def _instant(at: Instant) -> str:
    if at.anchor is Anchor.EPOCH:
        return str(at.shift_ns)
    start = "now()" if at.anchor is Anchor.NOW else _text(at.text)
    if at.shift_ns == 0:
        return start
    return f"{start} {'-' if at.shift_ns < 0 else '+'} {_duration(abs(at.shift_ns))}"


def _group_by(select: Select) -> str:
    parts = [_every(select.every)] if select.every else []
    parts += [_name(tag) for tag in select.tags]
    parts += ["*"] if select.all_tags else []
    return f"GROUP BY {', '.join(parts)}" if parts else ""


def _every(every: Every) -> str:
    offset = f", {_duration(every.offset_ns)}" if every.offset_ns else ""
    return f"time({_duration(every.width_ns)}{offset})"


def _fill(fill: Fill) -> str:
    if fill.kind is FillKind.NULL:
        return ""
    return f"fill({_number(fill.number) if fill.kind is FillKind.NUMBER else fill.kind.value})"


def _page(page: Page, prefix: str = "") -> str:
    if page == NO_PAGE:
        return ""
    limit = f"{prefix}LIMIT {page.limit}" if page.limit else ""
    return _joined(limit, f"{prefix}OFFSET {page.offset}" if page.offset else "")
