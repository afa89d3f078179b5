"""Conditions as DuckDB SQL. Pure: values travel as parameters, and column names come from a schema alone."""

from typing import Final

from aggregator.storage.timeseries.influxql.patterns import alternatives, beginnings, matches_all
from aggregator.storage.timeseries.influxql.refusals import UnsupportedError
from aggregator.storage.timeseries.influxql.schema import FieldType, Schema
from aggregator.storage.timeseries.influxql.syntax import Both, Compare, Condition, Either, TimeBound

Parameter = str | int | float
Clause = tuple[str, tuple[Parameter, ...]]
TRUE: Final[Clause] = ("TRUE", ())
FALSE: Final[Clause] = ("FALSE", ())


def where_sql(condition: Condition | None, schema: Schema) -> Clause:
    """A condition without bounds of time; raises UnsupportedError where types do not go together."""
    match condition:
        case None | TimeBound():
            return TRUE
        case Compare():
            return _compare(condition, schema)
        case Both(left, right):
            return _joined(where_sql(left, schema), "AND", where_sql(right, schema))
        case Either(left, right):
            return _joined(where_sql(left, schema), "OR", where_sql(right, schema))


def tags_alone(condition: Condition | None, schema: Schema) -> bool:
    """Whether a condition asks of tags and of nothing else."""
    match condition:
        case None | TimeBound():
            return True
        case Compare():
            return not _is_field(condition, schema)
        case Both(left, right) | Either(left, right):
            return tags_alone(left, schema) and tags_alone(right, schema)


def quoted(name: str) -> str:
    """A column's name of a schema."""
    return f'"{name}"'


def _joined(left: Clause, op: str, right: Clause) -> Clause:
    return f"({left[0]} {op} {right[0]})", left[1] + right[1]


def _is_field(compare: Compare, schema: Schema) -> bool:
    ref = compare.ref
    if ref.kind == "tag" or (ref.name in schema.tags and ref.kind != "field"):
        return False
    return ref.kind == "field" or ref.name in schema.fields


def _compare(compare: Compare, schema: Schema) -> Clause:
    if _is_field(compare, schema):
        return _field(compare, schema)
    known = compare.ref.name in schema.tags
    if not isinstance(compare.value, str):
        if not known and compare.ref.kind != "tag":
            return FALSE  # a field that this table has not
        raise UnsupportedError(f"comparing the tag {compare.ref.name} with a number is not served: quote it")
    return _text(quoted(compare.ref.name) if known else "''", compare.op, compare.value)


def _field(compare: Compare, schema: Schema) -> Clause:
    name = compare.ref.name
    type_ = schema.fields.get(name)
    if type_ is None:
        return FALSE
    if (type_ is FieldType.STRING) is not isinstance(compare.value, str):
        raise UnsupportedError(f"the field {name} is of type {type_}: compare it with a value of its type")
    if isinstance(compare.value, str):
        return _text(quoted(name), compare.op, compare.value)
    op = "<>" if compare.op == "!=" else compare.op
    return f"{quoted(name)} {op} ?", (compare.value,)


def _text(column: str, op: str, value: str) -> Clause:
    if op in {"=", "!="}:
        return f"{column} {'=' if op == '=' else '<>'} ?", (value,)
    negated = op == "!~"
    if matches_all(value):
        return FALSE if negated else TRUE
    listed = alternatives(value)
    if listed is not None:
        marks = ", ".join("?" for _ in listed)
        return f"{column} {'NOT IN' if negated else 'IN'} ({marks})", listed
    begun = beginnings(value)
    if begun is not None:
        some = " OR ".join(f"starts_with({column}, ?)" for _ in begun)
        return f"{'NOT ' if negated else ''}({some})", begun
    return f"{'NOT ' if negated else ''}regexp_matches({column}, ?)", (value,)
