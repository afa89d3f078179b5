"""What must change so that an organisation holds what it should (pure).

Invariants: what does not carry our mark is neither changed nor deleted; a key that the server added is
no difference; planning again after applying finds nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from provisioning.grafana.items import Item, ItemKind


class Action(StrEnum):
    """What is done to an item."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in an item: what the server has and what it should have, as short texts."""

    path: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Change:
    """One item and what is done to it; `refuse` means that somebody else made what stands under its uid."""

    action: Action
    item: Item
    differences: tuple[Difference, ...] = ()


_SHOWN = 120
_ORDER = tuple(ItemKind)


def plan_changes(desired: tuple[Item, ...], actual: tuple[Item, ...]) -> tuple[Change, ...]:
    """Changes in the order in which they can be made: creations by kind, deletions last and backwards."""
    found = {(item.kind, item.uid): item for item in actual}
    wanted = {(item.kind, item.uid) for item in desired}
    made = [change for item in desired for change in _change(item, found.get((item.kind, item.uid)))]
    gone = [
        Change(Action.DELETE, item)
        for item in actual
        if item.ours and (item.kind, item.uid) not in wanted and item.kind is not ItemKind.FOLDER
    ]
    made.sort(key=lambda change: _ORDER.index(change.item.kind))
    gone.sort(key=lambda change: -_ORDER.index(change.item.kind))
    return (*made, *gone)


def _change(item: Item, found: Item | None) -> Iterator[Change]:
    if found is None:
        yield Change(Action.CREATE, item)
        return
    if not found.ours:
        yield Change(Action.REFUSE, item)
        return
    differences = [*differences_of(found.body, item.body)]
    if found.folder != item.folder:
        differences.append(Difference("folder", found.folder, item.folder))
    if differences:
        yield Change(Action.UPDATE, item, tuple(differences))


def differences_of(found: object, wanted: object, path: str = "") -> Iterator[Difference]:
    """Where `found` lacks or contradicts `wanted`; what the server added beside it is left alone."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from differences_of(found.get(key), value, f"{path}.{key}" if path else str(key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (ours, theirs) in enumerate(zip(wanted, found, strict=True)):
            yield from differences_of(theirs, ours, f"{path}[{index}]")
    elif found != wanted:
        yield Difference(path, _short(found), _short(wanted))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
