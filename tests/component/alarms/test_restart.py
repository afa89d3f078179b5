"""A real server is killed between the steps of escalation, and while a storm comes.

Nothing is told twice, nothing is forgotten, and every step has the instant that it would have had.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from servers.aggregator import AggregatorServer, now_ms
from servers.patience import eventually
from servers.postgres import PostgresServer
from servers.receivers import HttpReceiver
from sqlalchemy import text

from aggregator.storage.relational.engine import make_engine, reading

STEPS = (0.0, 2.0, 4.0, 6.0)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AggregatorServer]:
    url = ""
    directory = tmp_path_factory.mktemp("killed")
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        url = postgres.create_database(directory.name)
    with AggregatorServer(directory, database_url=url) as started:
        yield started


def rows(server: AggregatorServer, sql: str) -> list[tuple[Any, ...]]:
    url = server._database_url or f"sqlite:///{server.data_dir / 'matthan.sqlite'}"
    engine = make_engine(url)
    with reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(text(sql))]
    engine.dispose()
    return found


def add_rule(api: httpx.Client, **fields: Any) -> None:
    steps = [{"after_s": after_s, "targets": ["role:operator"]} for after_s in STEPS]
    body = {"name": "thử", "kinds": ["intruded"], "rank": 5, "steps": steps, "window_s": 600} | fields
    made = api.post("/api/v1/alarm-rules", json=body)
    assert made.status_code == 201, made.text


def notices(server: AggregatorServer) -> list[tuple[str, int, float]]:
    """Zone, step, and seconds from the opening to when it was due."""
    return [
        (zone, step, (due - opened) / 1000)
        for zone, step, due, opened in rows(
            server,
            "SELECT a.zone_or_line, n.step, n.due_ms, a.opened_at_ms FROM alarm_notices n"
            " JOIN alarms a ON a.id = n.alarm ORDER BY a.zone_or_line, n.step",
        )
    ]


def test_a_server_that_was_killed_tells_what_it_would_have_told(server: AggregatorServer) -> None:
    with server.client() as api:
        add_rule(api)
        with server.node("kill-01") as node:
            node.send_events([{"kind": "intruded", "zone_or_line": "left"}])
            node.send_events([{"kind": "intruded", "zone_or_line": "taken"}])
            found = eventually(
                lambda: api.get("/api/v1/alarms").json()["items"], lambda items: len(items) == 2
            )
            time.sleep(2.2)  # step 1 is made, step 2 is not due
            (taken,) = [each["id"] for each in found if each["zone_or_line"] == "taken"]
            done = api.post(f"/api/v1/alarms/{taken}/acknowledge", json={})
            assert done.status_code == 200, done.text
    server.kill9()
    time.sleep(4)  # steps 2 and 3 are due while nobody is there
    server.start()
    expected = [("left", step, after_s) for step, after_s in enumerate(STEPS)]
    expected += [("taken", step, after_s) for step, after_s in enumerate(STEPS[:2])]
    assert eventually(lambda: notices(server), lambda made: len(made) >= len(expected)) == expected
    server.kill9()
    server.start()
    time.sleep(1.5)
    assert notices(server) == expected


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as started:
        yield started


def test_a_storm_of_ten_thousand_over_kills_makes_one_alarm_with_its_count_and_one_message(
    server: AggregatorServer, hook: HttpReceiver
) -> None:
    start = datetime.now(tz=UTC)
    with server.client() as api:
        where = {"name": "Trực ban", "target": "role:operator", "channel": "apprise", "language": "vi"}
        made = api.post("/api/v1/notice-addresses", json=where | {"address": f"json://{hook.address}/in"})
        assert made.status_code == 201, made.text
        add_rule(api, steps=[{"after_s": 0, "targets": ["role:operator"]}])
        silence = {
            "reason": "thi công",
            "starts_at": (start - timedelta(hours=1)).isoformat(),
            "ends_at": (start + timedelta(hours=1)).isoformat(),
            "where": {"cameras": ["kill-02/quiet"]},
        }
        assert api.post("/api/v1/silences", json=silence).status_code == 201
        with server.node("kill-02") as node:
            account, stream = node.account, node.stream
    at_ms = now_ms()
    storm = [{"kind": "intruded", "zone_or_line": "storm", "occurred_at_ms": at_ms}] * 50
    batches = [[*storm, *[{"kind": "intruded", "camera": "quiet", "occurred_at_ms": at_ms}] * 5]] * 200
    sent = sum(map(len, batches))

    def states() -> list[str]:
        return [state for (state,) in rows(server, "SELECT state FROM alarm_notices")]

    for part, is_killed in ((60, True), (200, True), (200, False)):  # sent again, as an outbox does
        with type(node)(account) as speaking:
            speaking.stream = stream
            for batch in batches[:part]:
                speaking.send_events(batch)
        # Killed while it sends, it may send once more (tests/component/notices): here it has sent.
        assert eventually(states, lambda found: found == ["sent"], timeout_s=60) == ["sent"]
        if is_killed:
            server.kill9()
            server.start()

    def stored() -> tuple[int, int]:
        (found,) = rows(
            server,
            "SELECT count(*), COALESCE(sum(CASE WHEN camera = 'quiet' THEN 1 ELSE 0 END), 0) FROM events"
            " WHERE kind = 'intruded'",
        )
        return int(found[0]), int(found[1])

    assert eventually(stored, lambda found: found[0] == sent, timeout_s=60) == (sent, 1000)
    told = eventually(
        lambda: rows(server, "SELECT count FROM alarms"), lambda found: found == [(10_000,)], timeout_s=60
    )
    assert told == [(10_000,)]
    assert rows(server, "SELECT suppressed FROM alarm_silences") == [(1000,)]
    assert states() == ["sent"]
    assert len(hook.received) == 1
