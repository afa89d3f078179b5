"""Warnings, notices to citizens and addresses over HTTP, of a real server."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from servers.aggregator import AggregatorServer
from servers.receivers import HttpReceiver

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
TEXT = {"event": "Lũ", "headline": "Lũ trên sông Hương", "description": "Mực nước đang lên"}
WARNING = {
    "category": "Met",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "expires_at": "2099-01-01T00:00:00+07:00",
    "vi": TEXT,
    "en": {"event": "Flood", "headline": "Flood", "description": "Rising"},
    "areas": ["46"],
    "polygons": [[[16.4, 107.5], [16.5, 107.5], [16.5, 107.6], [16.4, 107.5]]],
}
NOTICE = {
    "title_vi": "Cấm đường",
    "text_vi": "Đường Lê Lợi cấm xe đến 18 giờ",
    "areas": ["46"],
    "from_at": "2020-01-01T00:00:00Z",
    "until_at": "2099-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as started:
        with started.client() as client:
            assert client.post("/api/v1/areas/import", json={"official": True}).is_success
        yield started


@pytest.fixture
def api(server: AggregatorServer) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def parsed(answer: httpx.Response) -> ET.Element:
    return ET.fromstring(answer.content)  # noqa: S314  our own server's


def public(server: AggregatorServer, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", headers=headers)


def send(api: httpx.Client, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = api.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_warning_is_issued_updated_and_cancelled(server: AggregatorServer, api: httpx.Client) -> None:
    first = send(api, "warnings", WARNING, 201)
    second = send(api, f"warnings/{first['id']}/update", WARNING | {"severity": "Extreme"})
    assert api.post(f"/api/v1/warnings/{first['id']}/update", json=WARNING).status_code == 409
    third = send(api, f"warnings/{second['id']}/cancel", {"reason": "Hết lũ"})
    assert api.post(f"/api/v1/warnings/{third['id']}/cancel", json={"reason": "x"}).status_code == 409
    assert {first["root"], second["root"], third["root"]} == {first["id"]}
    alert = parsed(public(server, third["url"]))
    assert (alert.findtext(f"{CAP}msgType"), alert.findtext(f"{CAP}note")) == ("Cancel", "Hết lũ")
    references = (alert.findtext(f"{CAP}references") or "").split()
    assert [each.split(",")[1] for each in references] == [first["id"], second["id"]]
    feed = public(server, "/public/warnings.atom")
    assert [each.text for each in parsed(feed).iter(f"{ATOM}id")][1:] == [f"urn:uuid:{third['id']}"]
    listed = api.get("/api/v1/warnings", params={"limit": 2}).json()
    rest = api.get("/api/v1/warnings", params={"limit": 2, "cursor": listed["next_cursor"]}).json()
    assert [each["id"] for each in listed["items"] + rest["items"]] == [
        third["id"],
        second["id"],
        first["id"],
    ]


def test_what_is_public_can_be_cached(server: AggregatorServer, api: httpx.Client) -> None:
    made = send(api, "warnings", WARNING, 201)
    found = public(server, made["url"])
    assert found.headers["content-type"].startswith("application/cap+xml")
    assert "immutable" in found.headers["cache-control"]
    again = public(server, made["url"], **{"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "change",
    [
        {"areas": ["nowhere"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"polygons": [[[0, 0], [0, 1], [1, 1], [1, 0]]]},
        {"vi": TEXT | {"headline": "a\x01b"}},
    ],
)
def test_what_cannot_be_warned_of_is_refused(api: httpx.Client, change: dict[str, Any]) -> None:
    assert api.post("/api/v1/warnings", json=WARNING | change).status_code == 422


def test_citizens_see_notices_of_their_area_and_above(server: AggregatorServer, api: httpx.Client) -> None:
    made = send(api, "notices", NOTICE, 201)
    below = api.get("/api/v1/areas", params={"parent": "46"}).json()["items"][0]["id"]

    def seen(area: str) -> list[str]:
        answer = public(server, f"/public/notices?area={area}")
        return [each["id"] for each in answer.json()["items"]]

    assert [seen("46"), seen(below), seen("01")] == [[made["id"]], [made["id"]], []]
    assert api.delete(f"/api/v1/notices/{made['id']}").status_code == 204
    assert seen("46") == []
    told = api.get("/api/v1/notices").json()["items"][0]
    assert (told["id"], told["withdrawn_at"] is None) == (made["id"], False)


def test_an_address_is_tested_and_never_shown(api: httpx.Client) -> None:
    with HttpReceiver() as hook:
        given = {
            "name": "Trực ban",
            "target": "role:operator",
            "channel": "apprise",
            "address": f"json://user:hunter2@{hook.address}/in",
        }
        made = send(api, "notice-addresses", given, 201)
        assert send(api, f"notice-addresses/{made['id']}/test", {})["outcome"] == "sent"
    assert "hunter2" not in api.get("/api/v1/notice-addresses").text
    assert len(hook.received) == 1
    assert api.delete(f"/api/v1/notice-addresses/{made['id']}").status_code == 204
    assert api.post("/api/v1/notice-addresses", json=given | {"address": "file:///etc"}).status_code == 422
    assert api.post("/api/v1/notice-addresses", json=given | {"channel": "zalo"}).status_code == 422
