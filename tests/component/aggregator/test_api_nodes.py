import httpx
import pytest
from servers.aggregator import AggregatorServer
from servers.patience import eventually

from aggregator.web.cursors import encode_cursor


def status_of(api: httpx.Client, node: str) -> tuple[str, str]:
    found = api.get(f"/api/v1/nodes/{node}").json()
    return found["status"], found["why"]


def test_a_registered_node_gets_an_account_that_the_broker_takes(
    any_server: AggregatorServer, any_api: httpx.Client
) -> None:
    assert any_api.get("/api/v1/nodes/reg-01").status_code == 404
    with any_server.node("reg-01") as node:
        assert status_of(any_api, "reg-01") == ("unseen", "never_connected")
        node.say("born")
        assert eventually(
            lambda: status_of(any_api, "reg-01"), lambda found: found == ("online", "connected")
        ) == ("online", "connected")
        shown = any_api.get("/api/v1/nodes/reg-01").json()
        assert shown["session"] == node.session
        assert shown["cameras"] == [{"camera": "cam-01", "status": "online", "fps": 9.8, "detail": ""}]
        assert shown["stream"] == node.stream.hex()


def test_the_will_of_the_current_session_takes_a_node_offline_and_a_stale_one_does_not(
    any_server: AggregatorServer, any_api: httpx.Client
) -> None:
    with any_server.node("will-01") as node:
        node.say("born")
        eventually(lambda: status_of(any_api, "will-01")[0], lambda found: found == "online")
        node.say("gone", session=node.session + 1000)
        node.say("alive")
        eventually(lambda: any_api.get("/api/v1/nodes/will-01").json()["detail"], lambda found: found == "")
        assert status_of(any_api, "will-01") == ("online", "connected")
        node.client.drop()
        assert eventually(lambda: status_of(any_api, "will-01"), lambda found: found[0] == "offline") == (
            "offline",
            "connection_lost",
        )


def test_registering_twice_is_a_conflict_unless_the_password_is_to_be_rotated(api: httpx.Client) -> None:
    first = api.post("/api/v1/nodes", json={"ids": ["twice-01"]})
    again = api.post("/api/v1/nodes", json={"ids": ["twice-01", "twice-02"]})
    rotated = api.post("/api/v1/nodes", json={"ids": ["twice-01"], "rotate": True})
    assert (first.status_code, again.status_code, rotated.status_code) == (201, 409, 201)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["code"] == "conflict"
    assert api.get("/api/v1/nodes/twice-02").status_code == 404
    assert first.json()["items"][0]["password"] != rotated.json()["items"][0]["password"]


def test_a_revoked_node_is_cut_and_leaves_the_list(server: AggregatorServer, api: httpx.Client) -> None:
    with server.node("revoked-01") as node:
        node.say("born")
        assert api.delete("/api/v1/nodes/revoked-01").status_code == 204
        node.client.wait_until_cut()
    assert api.delete("/api/v1/nodes/revoked-01").status_code == 404
    assert "revoked-01" not in [each["node"] for each in api.get("/api/v1/nodes?limit=1000").json()["items"]]
    assert api.get("/api/v1/nodes/revoked-01").json()["revoked_at"] is not None


@pytest.mark.parametrize("node", ["%00", "a%00b", "..%2f..", "%ff%fe%fd", "x" * 64, "no-such-node"])
def test_a_node_that_is_none_is_not_found(any_api: httpx.Client, node: str) -> None:
    assert any_api.get(f"/api/v1/nodes/{node}").status_code == 404
    assert any_api.delete(f"/api/v1/nodes/{node}").status_code == 404


@pytest.mark.parametrize(
    ("path", "key"),
    [("nodes", ("\x00",)), ("streams", ("a\x00", "b")), ("dead-letters", (2**63,)), ("events", (1, 2**63))],
)
def test_a_forged_cursor_is_the_callers_fault(
    any_api: httpx.Client, path: str, key: tuple[str | int, ...]
) -> None:
    answer = any_api.get(f"/api/v1/{path}", params={"cursor": encode_cursor(key)})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_nodes_page_by_id(api: httpx.Client) -> None:
    api.post("/api/v1/nodes", json={"ids": [f"page-{number:02}" for number in range(5)]})
    found: list[str] = []
    cursor = None
    while True:
        page = api.get("/api/v1/nodes", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [each["node"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == sorted(set(found))
    assert {f"page-{number:02}" for number in range(5)} <= set(found)


@pytest.mark.parametrize(
    "body",
    [
        {"ids": ["A"]},
        {"ids": ["../etc"]},
        {"ids": ["a b c"]},
        {"ids": ["ok-01\n"]},
        {"ids": ["_aggregator"]},
        {"ids": []},
        {"ids": "abc"},
        {"ids": [1]},
        {"ids": ["ok-1"], "rotate": "perhaps"},
        {"ids": ["ok-1"], "surprise": 1},
        {"ids": ["ok-1"] * 5001},
        {"ids": [["ok-1"] * 3]},
        {},
        [],
        None,
    ],
)
def test_a_registration_that_does_not_fit_is_refused_and_makes_nothing(
    api: httpx.Client, body: object
) -> None:
    refused = api.post("/api/v1/nodes", json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"] == "invalid"
    assert api.get("/api/v1/nodes/ok-1").status_code == 404
