import pytest

from provisioning.grafana.items import Item, ItemKind, Json
from provisioning.grafana.plan import Action, Difference, differences_of, plan_changes

OURS: Json = {"title": "a", "tags": ["matthan"]}


def board(uid: str, body: Json, folder: str = "mt-vi") -> Item:
    return Item(ItemKind.BOARD, uid, body, folder)


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ({"a": 1, "version": 7}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [Difference("a", "1", "2")]),
        ({}, {"a": {"b": 1}}, [Difference("a", "None", "{'b': 1}")]),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, []),
        ({"a": [1, 2]}, {"a": [1]}, [Difference("a", "[1, 2]", "[1]")]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [Difference("a[0].b", "1", "2")]),
    ],
)
def test_only_what_is_wanted_counts(found: Json, wanted: Json, expected: list[Difference]) -> None:
    assert expected == list(differences_of(found, wanted))


def test_a_long_text_is_cut() -> None:
    (difference,) = differences_of({"a": "x" * 500}, {"a": "y"})
    assert len(difference.found) < 130


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ((), [Action.CREATE]),
        ((board("mt-a-vi", OURS),), []),
        ((board("mt-a-vi", {**OURS, "title": "b"}),), [Action.UPDATE]),
        ((board("mt-a-vi", OURS, folder=""),), [Action.UPDATE]),
        ((board("mt-a-vi", {"title": "a", "tags": []}),), [Action.REFUSE]),
        ((board("mt-a-vi", OURS), board("mt-old-vi", OURS)), [Action.DELETE]),
        ((board("mt-a-vi", OURS), board("copy", OURS)), []),
        ((board("mt-a-vi", OURS), board("mt-mine", {"title": "x"})), []),
    ],
    ids=[
        "missing",
        "equal",
        "changed",
        "moved",
        "foreign",
        "left over",
        "a copy of ours",
        "our prefix, no mark",
    ],
)
def test_a_board(actual: tuple[Item, ...], expected: list[Action]) -> None:
    assert expected == [change.action for change in plan_changes((board("mt-a-vi", OURS),), actual)]


def test_things_are_made_before_what_refers_to_them_and_removed_after() -> None:
    rule = {"labels": {"made_by": "matthan"}}
    desired = (
        Item(ItemKind.RULE, "mt-r", rule),
        board("mt-a-vi", OURS),
        Item(ItemKind.FOLDER, "mt-vi", {"title": "x"}),
        Item(ItemKind.DATASOURCE, "matthan", {}),
    )
    actual = (board("mt-old", OURS), Item(ItemKind.RULE, "mt-old", rule), Item(ItemKind.FOLDER, "mt-xx", {}))
    kinds = [(change.action, change.item.kind) for change in plan_changes(desired, actual)]
    assert kinds == [
        (Action.CREATE, ItemKind.DATASOURCE),
        (Action.CREATE, ItemKind.FOLDER),
        (Action.CREATE, ItemKind.BOARD),
        (Action.CREATE, ItemKind.RULE),
        (Action.DELETE, ItemKind.RULE),
        (Action.DELETE, ItemKind.BOARD),
    ]
