"""A running server with two areas and people of every role in each, for tests of who may do what."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI
from servers.in_thread import served
from sqlalchemy import Engine, insert, update

from aggregator.app import create_app
from aggregator.audit.entry import AuditEntry
from aggregator.config import LimitsSection, parse_config
from aggregator.identity.people_repository import NewPerson, PeopleRepository
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant
from aggregator.parts import Parts, connect
from aggregator.storage.relational.engine import make_engine, writing
from aggregator.storage.relational.places_tables import areas, cameras, place_versions, sites
from aggregator.storage.relational.tables import events, nodes

NOW_MS = 1_790_000_000_000
STREAM = "0123456789abcdef"
NO_LIMITS = LimitsSection(1e6, 1e6, 1e6, 1e6)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A signed-in person: what their browser sends."""

    role: Role
    where: str
    user_id: str
    cookie: str
    csrf: str

    def headers(self, method: str) -> dict[str, str]:
        """Headers of a request."""
        shown = {"Cookie": f"matthan_session={self.cookie}"}
        return shown if method == "GET" else shown | {"X-CSRF-Token": self.csrf}


@dataclass(slots=True)
class Duties:
    """The server's parts and its people; node `gate-own` stands in area `own`, `gate-other` in `other`."""

    parts: Parts
    people: PeopleRepository
    engine: Engine
    somebody_else: str
    app: FastAPI
    client: httpx.Client
    staff: list[Somebody] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def employ(self, role: Role, where: str, **grant: frozenset[str]) -> Somebody:
        """Somebody new with a role in `own`, `other` or `everywhere`, signed in."""
        place = None if where == "everywhere" else frozenset({where})
        name = f"{role.value}-{where}-{next(self.numbers)}"
        return self.sign_in(name, (Grant(role, place, **grant),), role=role, where=where)

    def sign_in(
        self, name: str, grants: tuple[Grant, ...], *, role: Role = Role.CITIZEN, where: str = ""
    ) -> Somebody:
        """Somebody new with these grants, signed in."""
        person = self.people.add(
            NewPerson(name, grants=grants),
            datetime.now(tz=UTC),
            lambda user_id: AuditEntry(
                "system", "", "test", "user.created", f"user:{user_id}", datetime.now(tz=UTC)
            ),
        )
        identity = self.parts.people.identity
        cookie = identity.open_session(person.id, name, address="127.0.0.1", agent="test")
        visitor = identity.visitor(cookie)
        assert visitor is not None
        return Somebody(role, where, person.id, cookie, visitor.csrf)


@contextlib.contextmanager
def duties(directory: Path, *, config: str = "") -> Iterator[Duties]:
    """Start the parts and the application, with the areas, nodes and an event each."""
    settings = parse_config(f'[server]\ndata_dir = "{directory}"\n[broker]\nport = 0\n{config}')
    with connect(settings) as parts:
        app = create_app(parts, limits=NO_LIMITS)
        engine = make_engine(settings.database_url)
        _place(engine)
        with served(app) as url, httpx.Client(base_url=url, timeout=30) as client:
            parts.hub.close()  # feeds end after their first frame, so that a test can read them whole
            people = PeopleRepository(engine, parts.people.audit)
            made = Duties(parts, people, engine, "", app, client)
            made.somebody_else = made.sign_in("somebody-else", ()).user_id
            yield made
        engine.dispose()


def _place(engine: Engine) -> None:
    with writing(engine) as connection:
        for area in ("own", "other"):
            node = f"gate-{area}"
            connection.execute(insert(areas).values(id=area, kind="ward", name=area))
            connection.execute(
                insert(sites).values(id=f"junction-{area}", name=area, area=area, created_at_ms=1)
            )
            connection.execute(insert(nodes).values(node=node, site=f"junction-{area}", created_at_ms=1))
            connection.execute(insert(cameras).values(node=node, camera="cam", placed_at_ms=1))
            connection.execute(
                insert(events).values(
                    node=node,
                    stream=STREAM,
                    seq=1,
                    received_at_ms=NOW_MS,
                    occurred_at_ms=NOW_MS,
                    clock=0,
                    kind="intruded",
                    rule="yard",
                    camera="cam",
                    zone_or_line="yard",
                    class_name="person",
                    track_id=1,
                    score_e3=900,
                    direction="",
                    duration_s=1.0,
                    model="m",
                )
            )
        connection.execute(update(place_versions).values(version=place_versions.c.version + 1))
