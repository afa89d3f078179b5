"""Every endpoint and page × every role × own and other area, each cell one request to the real application.

The table is authorisation.toml. An endpoint without a row fails, and so does a row without an endpoint.
"""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from builders.alarms import insert_alarm
from builders.duties import NOW_MS, STREAM, Duties, Somebody, duties
from builders.reports import insert_report
from fastapi.routing import APIRoute
from sqlalchemy import insert
from starlette.routing import BaseRoute

from aggregator.alarms.records import to_json
from aggregator.alarms.rules import AlarmRule, Silence, Where
from aggregator.alarms.states import SYSTEM
from aggregator.identity.guard import Requires, RequiresForm, RequiresVisitor
from aggregator.identity.permissions import PERMISSIONS, Permission, Role
from aggregator.identity.tokens import digest
from aggregator.reports.states import State
from aggregator.storage.relational.alarms_tables import alarm_rules, alarm_silences
from aggregator.storage.relational.engine import writing
from aggregator.storage.relational.identity_tables import api_keys
from aggregator.storage.relational.tables import dead_letters, nodes, streams
from aggregator.storage.timeseries.store import StreamRows
from fleet.wire.messages import MeasurementRow


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table; see its head."""

    roles: str | tuple[Role, ...]
    area: str = "none"
    status: int | tuple[int, ...] = 200
    other: int = 404
    stranger: int = 401
    key: int | None = None
    shows: str = ""
    unseen: tuple[Role, ...] = ()
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    form: dict[str, str] | None = None
    body: Any = None
    fresh: str = ""
    note: str = ""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    routes: dict[str, Row]


ROWS = msgspec.toml.decode(
    Path(__file__).with_name("authorisation.toml").read_text("utf-8"), type=_Table
).routes


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duties]:
    with duties(tmp_path_factory.mktemp("city")) as made:
        _fill(made)
        for role in Role:
            made.staff += [made.employ(role, where) for where in ("everywhere", "own", "other")]
        yield made


def _fill(made: Duties) -> None:
    """A stream, a dead letter and a measurement of the node in each area."""
    with writing(made.engine) as connection:
        for number, area in enumerate(("own", "other")):
            node = f"gate-{area}"
            connection.execute(
                insert(streams).values(node=node, stream=STREAM, first_seen_ms=1, updated_at_ms=1)
            )
            connection.execute(
                insert(dead_letters).values(
                    digest=bytes([number]) * 32,
                    topic="t",
                    node=node,
                    reason="malformed",
                    payload=b"",
                    size=0,
                    first_received_at_ms=1,
                    received_at_ms=1,
                )
            )
            insert_alarm(connection, node=node, area=area, state="false", verdict="false", closed_ms=NOW_MS)
            row = MeasurementRow(2, NOW_MS, 60.0, "flow", "cam", "gate", "car", "forward", 1.0)
            made.parts.measurements._store.write((StreamRows(node, STREAM, (row,), site=f"junction-{area}"),))


def routes_of(found: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes)


def names_of(route: APIRoute) -> list[str]:
    return [f"{method} {route.path}" for method in sorted(route.methods - {"HEAD"})]


def test_every_endpoint_and_page_has_a_row_and_every_row_an_endpoint(city: Duties) -> None:
    served = {name for route in routes_of(city.app.routes) for name in names_of(route)}
    assert served | {"GET /openapi.json"} == set(ROWS)


def test_the_table_gives_a_permission_to_the_roles_that_hold_it(city: Duties) -> None:
    """What an endpoint asks for, and what the table says of it, are two writings of one thing."""
    for route in routes_of(city.app.routes):
        asked = [each for each in _dependencies(route.dependant) if each is not None]
        for name in names_of(route):
            row = ROWS[name]
            permissions = {each.permission for each in asked}
            if not permissions:  # sign-in, health, files; /query looks at credentials of its own kind
                assert row.roles == "everybody" or name.endswith(" /query"), name
            elif permissions == {None}:
                assert row.roles == "signed_in", name
            else:
                (permission,) = permissions - {None}
                assert isinstance(permission, Permission)
                holders = {role for role in Role if permission in PERMISSIONS[role]}
                assert holders == set(row.roles), name
                assert (row.area == "everywhere") == any(each.everywhere for each in asked), name


def _dependencies(dependant: Any) -> Iterator[Requires | RequiresForm | RequiresVisitor | None]:
    if isinstance(dependant.call, Requires | RequiresForm | RequiresVisitor):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _dependencies(each)


@pytest.mark.parametrize("name", ROWS)
def test_nobody_passes_who_may_not_and_everybody_who_may(city: Duties, name: str) -> None:
    row = ROWS[name]
    wrong = []
    for who in (None, *city.staff):
        expected = expected_status(row, who)
        asked = somebody_for(city, row, who)
        answer = ask(city, name, row, asked.headers(method_of(name)) if asked else {}, asked)
        if answer.status_code not in expected:
            wrong.append((who and f"{who.role}/{who.where}", answer.status_code, expected, answer.text[:200]))
        elif row.area == "list" and answer.status_code == 200 and who is not None:
            seen = who.where != "other" and who.role not in row.unseen
            if (row.shows in answer.text) != seen or (
                "gate-other" in answer.text and (who.where == "own" or who.role in row.unseen)
            ):
                wrong.append((f"{who.role}/{who.where}", f"shows {row.shows}: {not seen}", seen, ""))
    assert wrong == []


@pytest.mark.parametrize("name", ROWS)
def test_a_key_passes_where_an_administrator_does_and_a_narrow_one_nowhere_else(
    city: Duties, name: str
) -> None:
    row = ROWS[name]
    for scopes, expected in (
        ("admin", {row.key} if row.key else _statuses(row)),
        ("kpis.write", narrow(row)),
        ("admin area:other", area_key(row)),
    ):
        key = make_key(city, scopes)
        answer = ask(city, name, row, {"Authorization": f"Bearer {key}"}, None)
        assert answer.status_code in expected, (scopes, answer.status_code, expected, answer.text[:200])


def narrow(row: Row) -> set[int]:
    if row.roles == "everybody":
        return _statuses(row)
    if row.roles == "signed_in":
        return {row.key} if row.key else _statuses(row)
    return {row.key if row.key == 303 else 403}


def area_key(row: Row) -> set[int]:
    if row.key:
        return {row.key}
    if isinstance(row.roles, str):
        return _statuses(row)
    match row.area:
        case "everywhere":
            return {403}
        case "item":
            return {row.other}
        case _:
            return _statuses(row)


def method_of(name: str) -> str:
    return name.partition(" ")[0]


def expected_status(row: Row, who: Somebody | None) -> set[int]:
    if row.roles == "everybody":
        return _statuses(row)
    if who is None:
        return {row.stranger}
    if row.roles == "signed_in":
        return _statuses(row)
    if who.role not in row.roles or (row.area == "everywhere" and who.where != "everywhere"):
        return {403}
    if row.area == "item" and who.where == "other":
        return {row.other}
    return _statuses(row)


def _statuses(row: Row) -> set[int]:
    return {row.status} if isinstance(row.status, int) else set(row.status)


def somebody_for(city: Duties, row: Row, who: Somebody | None) -> Somebody | None:
    """Who asks: somebody of the same grants in a session of their own, when the request ends it."""
    if who is None or row.fresh != "session":
        return who
    return city.employ(who.role, who.where)


def ask(city: Duties, name: str, row: Row, headers: dict[str, str], who: Somebody | None) -> httpx.Response:
    method, template = name.split(" ", 1)
    values = values_for(city, row, template) | row.path
    path = template.format(**values)
    content: dict[str, Any] = {}
    if row.form is not None:
        content["data"] = row.form | ({"csrf": who.csrf} if who else {})
    if row.body is not None:
        content["json"] = json.loads(fill(json.dumps(row.body), values))
    query = {key: fill(value, values) for key, value in row.query.items()}
    city.client.cookies.clear()
    return city.client.request(method, path, params=query or None, headers=headers, **content)


def fill(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


_numbers = itertools.count(1)


def values_for(city: Duties, row: Row, template: str) -> dict[str, str]:
    number = str(next(_numbers))
    values = {
        "number": number,
        "uuid": str(uuid4()),
        "soon": (datetime.now(tz=UTC) + timedelta(hours=1)).isoformat(),
        "node": "gate-own",
        "event_id": f"gate-own:{STREAM}:1",
        "user_id": city.somebody_else,
        "digest": "none",
        "name": "none",
        "key_id": "none",
    }
    if "{key_id}" in template:
        values["key_id"] = make_key(city, "events.read", wants_id=True)
    if row.fresh in {"alarm", "rule", "silence"}:
        values[row.fresh] = fresh_alarm_part(city, row.fresh)
    what, _, state = row.fresh.partition(":")
    if what == "report":
        with writing(city.engine) as connection:
            values["report"] = insert_report(connection, now_ms(), State(state))
    if row.fresh == "node":
        values["node"] = f"fresh-{number}"
        with writing(city.engine) as connection:
            connection.execute(
                insert(nodes).values(node=values["node"], site="junction-own", created_at_ms=1)
            )
    return values


def now_ms() -> int:
    return int(datetime.now(tz=UTC).timestamp() * 1000)


def fresh_alarm_part(city: Duties, what: str) -> str:
    """An alarm, a rule or a silence in area `own`; its id."""
    where, number = Where(areas=("own",)), next(_numbers)
    common = {"version": 1, "updated_ms": 1, "updated_by": to_json(SYSTEM)}
    with writing(city.engine) as connection:
        if what == "alarm":
            return insert_alarm(connection)
        if what == "rule":
            rule = AlarmRule(f"own-{number}", "own", ("line_crossed",), where=where)
            connection.execute(insert(alarm_rules).values(id=rule.id, body=to_json(rule), **common))
            return rule.id
        at_ms = now_ms()
        silence = Silence(f"own-{number}", "works in own", at_ms, at_ms + 10**9, ("line_crossed",), where)
        times = {"starts_ms": silence.starts_ms, "ends_ms": silence.ends_ms}
        connection.execute(
            insert(alarm_silences).values(id=silence.id, body=to_json(silence), **common, **times)
        )
        return silence.id


def make_key(city: Duties, scopes: str, *, wants_id: bool = False) -> str:
    number = next(_numbers)
    secret = f"mt_test_{number}"
    key_id = f"key-{number}"
    with writing(city.engine) as connection:
        connection.execute(
            insert(api_keys).values(
                id=key_id, name=scopes, hash=digest(secret), scopes=scopes, created_at_ms=1
            )
        )
    return key_id if wants_id else secret
