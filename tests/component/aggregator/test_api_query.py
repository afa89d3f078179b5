"""`/query` of the real server, asked as Grafana's datasource and InfluxDB's clients ask."""

# ruff: noqa: S608  queries of tests

import base64
import contextlib
import json
import sqlite3
import subprocess
import sys
from typing import Any

import httpx
import pytest
from servers.aggregator import AggregatorServer, SpeakingNode, now_ms
from servers.patience import eventually

MINUTE = 60_000


@pytest.fixture(scope="module")
def start_ms(server: AggregatorServer) -> int:
    """Rows of two sites, and events, from this minute on."""
    start = now_ms() // MINUTE * MINUTE - 10 * MINUTE
    with server.client() as client:
        for node, site in (("cam-hc", "hai-chau"), ("cam-tk", "thanh khe, 2")):
            made = client.post("/api/v1/nodes", json={"ids": [node]})
            made.raise_for_status()
            _place(server, node, site)
            with SpeakingNode(made.json()["items"][0]) as speaking:
                speaking.say("born")
                rows = [
                    (start + at * MINUTE, 60.0, "flow", "cam-01", "gate", "person", "forward", value, 3, 0)
                    for at, value in ((0, 4.0), (1, 6.0), (4, 10.0))
                ]
                speaking.send_rows(rows)
                speaking.send_events([{"kind": "intruded", "occurred_at_ms": start + 30_000}])
        counted = "SELECT count(value) FROM flow"
        eventually(lambda: _values(_ask(client, counted)), lambda found: found == [[0, 6]])
        eventually(lambda: _values(_ask(client, "SELECT count(count) FROM events")), lambda f: f == [[0, 2]])
    return start


def _place(server: AggregatorServer, node: str, site: str) -> None:
    """Give a node its site in the registry, where ingest looks it up."""
    with contextlib.closing(sqlite3.connect(server.data_dir / "matthan.sqlite", timeout=10)) as registry:
        registry.execute("UPDATE nodes SET site = ? WHERE node = ?", (site, node))
        registry.commit()


@pytest.fixture(scope="module")
def scoped_key(server: AggregatorServer) -> str:
    return _key(server, "--site", "hai-chau")


def _key(server: AggregatorServer, *sites: str) -> str:
    command = [sys.executable, "-m", "aggregator.app", "key", "dashboards", *sites]
    config = ["--config", str(server.directory / "aggregator.toml")]
    done = subprocess.run([*command, *config], capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["key"])


def _ask(client: httpx.Client, text: str, **parameters: str) -> dict[str, Any]:
    found = client.get("/query", params={"db": "matthan", "q": text, "epoch": "ms"} | parameters)
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer


def _series(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["results"][0].get("series", [])
    return found


def _values(answer: dict[str, Any]) -> list[list[Any]]:
    return [row for one in _series(answer) for row in one["values"]]


def test_buckets_come_as_influxdb_gives_them(server: AggregatorServer, start_ms: int) -> None:
    text = (
        f'SELECT sum("value") AS "value" FROM "flow" WHERE "site" =~ /^(hai-chau)$/ AND time >= {start_ms}ms'
        f" and time <= {start_ms + 5 * MINUTE - 1}ms GROUP BY time(1m), site fill(0)"
        " tz('Asia/Ho_Chi_Minh')"
    )
    with server.client() as client:
        assert _ask(client, text) == {
            "results": [
                {
                    "statement_id": 0,
                    "series": [
                        {
                            "name": "flow",
                            "tags": {"site": "hai-chau"},
                            "columns": ["time", "value"],
                            "values": [
                                [start_ms + at * MINUTE, value]
                                for at, value in enumerate([4.0, 6.0, 0.0, 0.0, 10.0])
                            ],
                        }
                    ],
                }
            ]
        }


def test_post_with_a_form_answers_the_same(server: AggregatorServer, start_ms: int) -> None:
    text = f"SELECT count(value) FROM flow WHERE time >= {start_ms}ms"
    with server.client() as client:
        posted = client.post("/query", params={"db": "matthan", "epoch": "ms"}, data={"q": text})
        assert posted.json() == _ask(client, text)


def test_a_key_sees_its_sites_in_every_statement(
    server: AggregatorServer, start_ms: int, scoped_key: str
) -> None:
    with server.client(Authorization=f"Bearer {scoped_key}") as client:
        total = f"SELECT sum(value) FROM flow WHERE time >= {start_ms}ms"
        assert _values(_ask(client, total))[0][1:] == [20.0]
        widened = f"{total} AND site = 'hai-chau' OR site = 'thanh khe, 2'"
        refused = client.get("/query", params={"db": "matthan", "q": widened})
        assert refused.status_code == 400
        both = "SELECT sum(value) FROM flow WHERE site =~ /.*/ OR site != 'x' GROUP BY site"
        assert [one["tags"] for one in _series(_ask(client, both))] == [{"site": "hai-chau"}]
        sites = 'SHOW TAG VALUES FROM "flow" WITH KEY = "site"'
        assert _values(_ask(client, sites)) == [["site", "hai-chau"]]
        assert _values(_ask(client, 'SHOW TAG VALUES WITH KEY = "node"')) == [["node", "cam-hc"]] * 2
        assert all("cam-tk" not in row[0] for row in _values(_ask(client, "SHOW SERIES")))


@pytest.mark.parametrize("site", ["hai-chau", "thanh khe, 2", "nowhere"])
@pytest.mark.usefixtures("start_ms")
def test_headers_of_the_dashboards_users_change_nothing(
    server: AggregatorServer, scoped_key: str, site: str
) -> None:
    told = {"X-Grafana-User": "admin", "X-Scope-OrgID": site, "X-WEBAUTH-USER": "admin", "X-Sites": site}
    with server.client(Authorization=f"Bearer {scoped_key}", **told) as client:
        found = _series(_ask(client, "SELECT last(value) FROM flow GROUP BY site"))
        assert [one["tags"]["site"] for one in found] == ["hai-chau"]


@pytest.mark.usefixtures("start_ms")
def test_a_key_of_no_site_sees_nothing_and_one_of_all_sees_all(server: AggregatorServer) -> None:
    listing = "SHOW TAG VALUES FROM flow WITH KEY = site"
    for sites, expected in (
        (["--site", "elsewhere"], []),
        (["--site", "elsewhere", "--site", "thanh khe, 2"], ["thanh khe, 2"]),
        (["--all-sites"], ["hai-chau", "thanh khe, 2"]),
    ):
        with server.client(Authorization=f"Bearer {_key(server, *sites)}") as client:
            assert [row[1] for row in _values(_ask(client, listing))] == expected


def test_a_dashboards_key_opens_nothing_else(server: AggregatorServer, scoped_key: str) -> None:
    with server.client(Authorization=f"Bearer {scoped_key}") as client:
        for address in ("/api/v1/nodes", "/api/v1/events", "/api/v1/measurements?name=flow"):
            assert client.get(address).status_code == 403, address


def test_every_way_to_show_a_key_is_taken(server: AggregatorServer, scoped_key: str) -> None:
    basic = base64.b64encode(f"grafana:{scoped_key}".encode()).decode()
    for headers, parameters in (
        ({"Authorization": f"Basic {basic}"}, {}),
        ({"Authorization": f"Token {scoped_key}"}, {}),
        ({"Authorization": f"Token grafana:{scoped_key}"}, {}),
        ({"X-API-Key": scoped_key}, {}),
        ({}, {"u": "grafana", "p": scoped_key}),
    ):
        asked = {"db": "matthan", "q": "SHOW MEASUREMENTS"} | parameters
        found = httpx.get(f"{server.url}/query", params=asked, headers=headers)
        assert found.status_code == 200, (headers, found.text)


@pytest.mark.parametrize(
    ("parameters", "key", "status", "told"),
    [
        ({"q": "SELECT value FROM flow"}, "wrong", 401, "authorization failed"),
        ({"q": "SELECT value FROM flow"}, None, 401, "authorization failed"),
        ({}, "right", 400, 'missing required parameter "q"'),
        ({"q": "SELECT valu e FROM flow"}, "right", 400, "error parsing query: found e, expected FROM"),
        ({"q": "DROP MEASUREMENT flow"}, "right", 400, "not supported: DROP"),
        ({"q": "SELECT value INTO x FROM flow"}, "right", 400, "not supported: SELECT INTO"),
        ({"q": "SHOW DATABASES; SHOW DATABASES"}, "right", 400, "not supported: several statements"),
        ({"q": "SELECT value FROM /.*/"}, "right", 400, "not supported: a regex for the measurement"),
        ({"q": "SHOW DATABASES", "epoch": "d"}, "right", 400, "invalid epoch"),
        ({"q": "SELECT value FROM flow", "params": "[1]"}, "right", 400, "params is no JSON object"),
    ],
)
def test_errors_have_influxdbs_shape(
    server: AggregatorServer, parameters: dict[str, str], key: str | None, status: int, told: str
) -> None:
    keys = {"right": server.api_key(), "wrong": "mt_wrong"}
    headers = {} if key is None else {"Authorization": f"Bearer {keys[key]}"}
    found = httpx.get(f"{server.url}/query", params={"db": "matthan"} | parameters, headers=headers)
    assert found.status_code == status
    assert list(found.json()) == ["error"]
    assert told in found.json()["error"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"db": ""}, "database name required"),
        ({"db": "other"}, "database not found: other"),
        ({"rp": "week"}, "retention policy not found: week"),
        ({"q": 'SELECT value FROM "other".."flow"'}, "database not found: other"),
        ({"q": 'SELECT value FROM "week"."flow"'}, "retention policy not found: week"),
        ({"q": "SELECT value FROM flow WHERE node =~ /(/"}, "error parsing regexp"),
        (
            {"q": "SELECT mean(value) FROM flow WHERE time > 0 AND time < 9000s GROUP BY time(1ms)"},
            "max-select-buckets limit exceeded",
        ),
    ],
)
def test_a_statement_that_cannot_be_answered_tells_so_in_its_result(
    server: AggregatorServer, parameters: dict[str, str], told: str
) -> None:
    asked = {"db": "matthan", "q": "SELECT value FROM flow"} | parameters
    with server.client() as client:
        found = client.get("/query", params=asked)
    assert found.status_code == 200
    assert told in found.json()["results"][0]["error"]


@pytest.mark.usefixtures("start_ms")
def test_chunks_come_one_document_a_line(server: AggregatorServer) -> None:
    asked = {"db": "matthan", "epoch": "ms", "chunked": "true", "chunk_size": "2"}
    with server.client() as client:
        found = client.get("/query", params=asked | {"q": "SELECT value FROM flow GROUP BY node"})
    documents = [json.loads(line)["results"][0] for line in found.text.splitlines()]
    assert [len(one["series"][0]["values"]) for one in documents] == [2, 1, 2, 1]
    assert [one.get("partial", False) for one in documents] == [True, True, True, False]


@pytest.mark.usefixtures("start_ms")
def test_bound_parameters_are_values_and_never_text(server: AggregatorServer) -> None:
    text = "SELECT count(value) FROM flow WHERE node = $node AND value > $least"
    with server.client() as client:
        params = json.dumps({"node": "cam-hc", "least": 4.5})
        assert _values(_ask(client, text, params=params)) == [[0, 2]]
        params = json.dumps({"node": "x' OR node != '", "least": 0})
        assert _values(_ask(client, text, params=params)) == []


def test_times_come_as_dates_in_the_zone_asked_for(server: AggregatorServer, start_ms: int) -> None:
    text = f"SELECT max(value) FROM flow WHERE time >= {start_ms}ms GROUP BY time(1d) tz('Asia/Ho_Chi_Minh')"
    with server.client() as client:
        found = client.get("/query", params={"db": "matthan", "q": text}).json()
    assert _values(found)[0][0].endswith("T00:00:00+07:00")


@pytest.mark.usefixtures("start_ms")
def test_what_the_datasource_asks_when_it_is_saved_and_edited(server: AggregatorServer) -> None:
    with server.client() as client:
        assert ["flow"] in _values(_ask(client, "SHOW measurements"))
        assert _values(_ask(client, "SHOW DATABASES")) == [["matthan"]]
        policies = _values(_ask(client, 'SHOW RETENTION POLICIES on "matthan"'))
        assert policies == [["autogen", "0s", "168h0m0s", 1, True]]
        assert _values(_ask(client, "SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)EVE/ LIMIT 100")) == [
            ["events"]
        ]
        assert ["value", "float"] in _values(_ask(client, 'SHOW FIELD KEYS FROM "flow"'))
        keys = _values(_ask(client, 'SHOW TAG KEYS FROM "flow" WHERE "node" = \'cam-hc\''))
        assert [row[0] for row in keys] == ["class", "direction", "node", "site", "source", "zone_or_line"]


def test_ping_needs_no_key_and_tells_a_version(server: AggregatorServer) -> None:
    for method in ("GET", "HEAD"):
        found = httpx.request(method, f"{server.url}/ping")
        assert (found.status_code, found.content) == (204, b"")
        assert found.headers["X-Influxdb-Version"].startswith("1.8")


@pytest.mark.usefixtures("start_ms")
def test_a_signed_in_console_may_read(server: AggregatorServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        asked = {"db": "matthan", "q": "SHOW MEASUREMENTS"}
        assert client.get("/query", params=asked).status_code == 401
        client.post("/console/sign-in", data={"name": "admin", "password": server.password()})
        assert client.get("/query", params=asked).status_code == 200
        assert client.post("/query", data=asked).status_code == 403
