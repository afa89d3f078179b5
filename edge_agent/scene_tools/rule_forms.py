"""Forms for the editor, made from the types of the scene file: a new rule or key shows up by itself. Pure.

Neighbours: `edge_agent/scene/scene.py` has the types, `words.py` what people call them.
"""

from typing import Any, Final, get_args

import msgspec
from msgspec import inspect

from edge_agent.doctor.catalogue import Words
from edge_agent.scene.checks import REFERENCES
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import AnyRule, Lane, Line, PrivacyMask, Scene, Signal, Zone
from edge_agent.scene_tools.words import Catalogue

DRAWN: Final = frozenset({"polygon", "from", "to", "direction", "box", "lamps"})
"""Keys that are drawn, not typed."""
TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "lines": Line,
    "zones": Zone,
    "lanes": Lane,
    "signals": Signal,
    "privacy": PrivacyMask,
}

_PLAIN: Final[tuple[tuple[type[inspect.Type], str], ...]] = (
    (inspect.BoolType, "flag"),
    (inspect.IntType, "integer"),
    (inspect.FloatType, "number"),
    (inspect.StrType, "text"),
    (inspect.LiteralType, "choice"),
)

_LISTS: Final[dict[type[inspect.Type], str]] = {inspect.StrType: "texts", inspect.FloatType: "numbers"}


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key of an entry.

    Attributes:
        key: as in the file.
        form: how it is asked for: `reference`, `references`, `classes`, `schedule`, `choice`, `number`,
            `integer`, `text`, `flag`, `texts`, `numbers`, or `json` for anything else.
        label: what people call it.
        table: what a reference points to.
        required: whether it has no default.
        default: what counts when it is left out.
        least: smallest value.
        above: what it must be larger than.
        most: largest value.
        choices: allowed words.
    """

    key: str
    form: str
    label: Words
    table: str = ""
    required: bool = False
    default: Any = None
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True):
    """All keys of one kind of rule, or of an entry of a table; drawn keys are left out."""

    name: str
    label: Words
    about: str
    fields: tuple[Field, ...]


def rule_forms(words: Catalogue) -> tuple[Form, ...]:
    """A form for each kind of rule."""
    return tuple(_rule_form(spec, words) for spec in rule_types())


def table_forms(words: Catalogue) -> dict[str, Form]:
    """A form for the entries of each table that is drawn."""
    return {
        name: Form(name, words.kinds.get(name, _same(name)), _about(kind), _fields(kind, words))
        for name, kind in TABLES.items()
    }


def scene_form(words: Catalogue) -> Form:
    """The scene's own keys, such as its offset from UTC."""
    tables = {*TABLES, "rules", "homography"}
    fields = tuple(each for each in _fields(Scene, words) if each.key not in tables and each.form != "json")
    return Form("scene", _same("scene"), _about(Scene), fields)


def rule_types() -> tuple[type[RuleSpec], ...]:
    """Every kind of rule that this version has."""
    return get_args(AnyRule)


def _rule_form(spec: type[RuleSpec], words: Catalogue) -> Form:
    kind = str(spec.__struct_config__.tag)
    return Form(kind, words.kinds.get(kind, _same(kind)), _about(spec), _fields(spec, words))


def _fields(kind: type[msgspec.Struct], words: Catalogue) -> tuple[Field, ...]:
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind} is no struct")
    fields = [_field(each, words) for each in info.fields if each.encode_name not in DRAWN]
    return tuple(sorted(fields, key=_rank))


def _rank(field: Field) -> int:
    """The name first, then places, what must be given, what may be, and what most rules leave alone last."""
    if field.key == "id":
        return 0
    if field.table:
        return 1
    return 4 if field.form in {"classes", "schedule"} else 2 if field.required else 3


def _field(field: inspect.Field, words: Catalogue) -> Field:
    kind = _bare(field.type)
    key = field.encode_name
    bounds = kind if isinstance(kind, inspect.IntType | inspect.FloatType) else inspect.FloatType()
    return Field(
        key,
        _form_of(key, kind),
        words.keys.get(key, _same(key)),
        table=REFERENCES.get(key, ""),
        required=field.required,
        default=_default(field),
        least=bounds.ge,
        above=bounds.gt,
        most=bounds.le,
        choices=tuple(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else (),
    )


def _bare(kind: inspect.Type) -> inspect.Type:
    """The type without its notes and without `| None`."""
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        others = [_bare(each) for each in kind.types if not isinstance(each, inspect.NoneType)]
        return others[0] if len(others) == 1 else kind
    return kind


def _form_of(key: str, kind: inspect.Type) -> str:
    if key in REFERENCES:
        return "reference" if isinstance(kind, inspect.StrType) else "references"
    if key in {"classes", "schedule"}:
        return key
    if isinstance(kind, inspect.VarTupleType | inspect.TupleType):
        items = kind.item_types if isinstance(kind, inspect.TupleType) else (kind.item_type,)
        found = {type(_bare(item)) for item in items}
        return _LISTS.get(found.pop(), "json") if len(found) == 1 else "json"
    return next((form for each, form in _PLAIN if isinstance(kind, each)), "json")


def _default(field: inspect.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default)
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    return None


def _about(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())


def _same(name: str) -> Words:
    return Words(vi=name, en=name)
