import pytest

from aggregator.broker.accounts import (
    AGGREGATOR_USER,
    KEEPER_USER,
    TAP_USER,
    Account,
    AccountList,
    Permissions,
    client_id,
    permissions_of,
)
from fleet.wire.errors import TopicError
from fleet.wire.topics import is_node_id

EMPTY = AccountList(
    Account(AGGREGATOR_USER, "p1", "00"), Account(TAP_USER, "p2", "00"), Account(KEEPER_USER, "p3", "00")
)
A = Account("node-a", "pa", "0a")
B = Account("node-b", "pb", "0b")


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (AGGREGATOR_USER, Permissions(("mt/v1/dn/+/+", "mt/v1/host/state"), ("mt/v1/up/#",))),
        (TAP_USER, Permissions((), ("mt/v1/#",))),
        ("node-a", Permissions(("mt/v1/up/node-a/+",), ("mt/v1/dn/node-a/+", "mt/v1/host/state"))),
    ],
)
def test_each_user_has_its_rights(user: str, expected: Permissions) -> None:
    assert expected == permissions_of(user)


@pytest.mark.parametrize("user", ["", "ab", "+", "#", "Node", "node/a", "node.a", "_other", "n" * 33])
def test_a_user_that_is_no_node_id_has_no_rights(user: str) -> None:
    with pytest.raises(TopicError):
        permissions_of(user)


@pytest.mark.parametrize("user", [AGGREGATOR_USER, TAP_USER, KEEPER_USER])
def test_no_node_can_be_named_like_a_user_of_the_server(user: str) -> None:
    assert not is_node_id(user)


def test_the_client_id_names_the_user_and_changes_with_the_password() -> None:
    assert client_id("node-a", "secret") == "node-a-ab322445913222aa"
    assert client_id("node-a", "secret") != client_id("node-a", "other")


def test_nodes_are_added_replaced_and_removed() -> None:
    both = EMPTY.with_nodes([B, A])
    assert [each.user for each in both.in_order()] == [AGGREGATOR_USER, TAP_USER, "node-a", "node-b"]
    again = Account("node-a", "new", "0c")
    assert both.with_nodes([again]).nodes["node-a"] == again
    assert dict(both.without_node("node-a").nodes) == {"node-b": B}
    assert both.without_node("nobody") == both
    assert dict(EMPTY.nodes) == {}


def test_passwords_do_not_show() -> None:
    shown = f"{A!r} {A.credentials!r} {EMPTY.with_nodes([A])!r}"
    assert "pa" not in shown.replace("password", "").replace("aggregator", "").replace("tap", "")
