"""Builds every part of the server, starts those that run, and stops them in reverse order.

The order matters: stores before the broker (a full start costs nothing when a store is away), the
broker before ingest, ingest last, so that it finds all that it writes to.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import anyio.to_thread
from sqlalchemy import Engine, text

from aggregator.alarms.building import AlarmParts, Surroundings, build_alarms
from aggregator.alarms.meter import AlarmMeter
from aggregator.broker.broker import Broker
from aggregator.broker.embedded_nats import EmbeddedNats
from aggregator.broker.external_mosquitto import ExternalMosquitto
from aggregator.config import Config
from aggregator.console.service import ConsoleService
from aggregator.errors import AggregatorError, BrokerError
from aggregator.events.projection import EventProjector
from aggregator.events.repository import EventsRepository
from aggregator.events.service import EventsService
from aggregator.health import Check
from aggregator.identity.guard import Guard
from aggregator.identity.security_meter import SecurityMeter
from aggregator.identity_parts import IdentityParts, running_identity
from aggregator.ingest.announce import Announcement, EventsStored
from aggregator.ingest.ledger import Ledger
from aggregator.ingest.mqtt_inbox import MqttInbox, MqttLink
from aggregator.ingest.worker import IngestWorker
from aggregator.live.hub import LiveHub
from aggregator.measurements.service import MeasurementsService
from aggregator.nodes.repository import NodesRepository
from aggregator.nodes.service import NodesService
from aggregator.notices_parts import NoticesParts, running_notices
from aggregator.places.repository import PlacesRepository
from aggregator.places.service import PlacesService
from aggregator.query.service import QueryService
from aggregator.reports.building import ReportParts
from aggregator.reports.open311 import Open311
from aggregator.reports_parts import ReportsServed, running_reports
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import make_engine, reading
from aggregator.storage.relational.migrations.upgrade import upgrade
from aggregator.storage.timeseries.influxql_backend import backend_of
from aggregator.storage.timeseries.meters import Meters
from aggregator.storage.timeseries.store import TimeSeriesStore
from aggregator.streams.repository import StreamsRepository
from aggregator.streams.service import StreamsService
from aggregator.telling import Teller
from aggregator.timeseries.service import TimeSeriesService
from aggregator.timeseries_opening import running_timeseries
from fleet.wire.measurements import load_catalogue

_log = logging.getLogger(__name__)
_HTTP_THREADS = 16
"""Fewer than the connections of the relational store, so that requests never wait for one."""
_WATCH_S = 2.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that HTTP serves."""

    version: str
    broker: Broker
    people: IdentityParts
    guard: Guard
    places: PlacesService
    alarms: AlarmParts
    meters: Meters
    notices: NoticesParts
    reports: ReportParts
    open311: Open311
    nodes: NodesService
    events: EventsService
    measurements: MeasurementsService
    streams: StreamsService
    timeseries: TimeSeriesService
    query: QueryService
    console: ConsoleService
    hub: LiveHub
    checks: Mapping[str, Check]

    @contextlib.asynccontextmanager
    async def in_event_loop(self) -> AsyncIterator[None]:
        """Run what lives in the event loop: the hub's tick and the watch over silent nodes."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = _HTTP_THREADS
        tasks = [
            asyncio.create_task(self.hub.run(), name="live-hub"),
            asyncio.create_task(self._watch(), name="presence-watch"),
        ]
        try:
            yield
        finally:
            self.hub.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            try:
                await anyio.to_thread.run_sync(self.nodes.tell_silent)
            except AggregatorError:
                _log.exception("cannot look for silent nodes; trying again")


@contextlib.contextmanager
def connect(config: Config) -> Iterator[Parts]:
    """Build and start; on leaving, stop. Raises OperatorError or DependencyError with the next step."""
    with contextlib.ExitStack() as stack:
        engine = make_engine(config.database_url)
        stack.callback(engine.dispose)
        upgrade(engine)
        identity = stack.enter_context(running_identity(engine, config, _now))
        timeseries = stack.enter_context(running_timeseries(config, _now))
        broker = _broker(config)
        broker.start()
        stack.callback(broker.stop)
        hub = LiveHub(secrets.token_hex(4))
        inbox = _inbox(broker)
        keeping = TimeSeriesService(timeseries, config.timeseries_path, config.data_dir / "backups", _now)
        places = PlacesService(PlacesRepository(engine), _now)
        notices = stack.enter_context(
            running_notices(
                engine, places, identity.audit, section=config.notices, data_dir=config.data_dir, clock=_now
            )
        )
        reports = stack.enter_context(running_reports(engine, places, identity, config=config, clock=_now))
        parts, worker = _join(
            engine,
            identity,
            timeseries,
            broker,
            inbox,
            places=places,
            notices=notices,
            reports=reports,
            hub=hub,
            keeping=keeping,
        )
        inbox.start()
        stack.callback(inbox.stop)
        parts.alarms.start()
        stack.callback(parts.alarms.stop)
        parts.meters.start()
        stack.callback(parts.meters.stop)
        worker.start()
        stack.callback(worker.stop)
        projector = EventProjector(engine, timeseries)
        projector.start()
        stack.callback(projector.stop)
        yield parts


def _join(
    engine: Engine,
    identity: IdentityParts,
    timeseries: TimeSeriesStore,
    broker: Broker,
    inbox: MqttInbox,
    *,
    places: PlacesService,
    notices: NoticesParts,
    reports: ReportsServed,
    hub: LiveHub,
    keeping: TimeSeriesService,
) -> tuple[Parts, IngestWorker]:
    teller = Teller(hub)
    catalogue = load_catalogue()
    nodes = NodesService(NodesRepository(engine), broker, _now, teller.node_changed)
    events = EventsRepository(engine)
    own = (AlarmMeter(engine), SecurityMeter(engine, lambda: identity.identity.sign_ins.total))
    meters = Meters(own, timeseries, _now, secrets.token_hex(8))
    alarms = _alarms(engine, places, identity, teller, meters)

    def announce(announcement: Announcement) -> None:
        teller.announce(announcement)
        if isinstance(announcement, EventsStored):
            alarms.projector.wake()

    worker = IngestWorker(
        inbox, Ledger(engine), timeseries, on_state=nodes.note_states, announce=announce, clock=_now
    )
    parts = Parts(
        version=version("matthan"),
        broker=broker,
        people=identity,
        guard=Guard(identity.identity, places.sites_within),
        places=places,
        alarms=alarms,
        meters=meters,
        notices=notices,
        reports=reports.reports,
        open311=reports.open311,
        nodes=nodes,
        events=EventsService(events),
        measurements=MeasurementsService(timeseries, catalogue, _now),
        streams=StreamsService(StreamsRepository(engine), timeseries),
        timeseries=keeping,
        query=QueryService(backend_of(timeseries), _now),
        console=ConsoleService(
            nodes=nodes, events=events, timeseries=timeseries, hub=hub, clock=_now, monotonic=time.monotonic
        ),
        hub=hub,
        checks={
            "database": lambda: _check_database(engine),
            "timeseries": timeseries.check,
            "ingest": lambda: _check_ingest(worker),
        },
    )
    return parts, worker


def _broker(config: Config) -> Broker:
    directory = config.data_dir / "broker"
    section = config.broker
    if section.kind == "embedded":
        return EmbeddedNats(directory, port=section.port, host=section.host)
    return ExternalMosquitto(
        directory,
        url=section.url,
        files=Path(section.files),
        pid_file=Path(section.pid_file) if section.pid_file else None,
        log_path=Path(section.log_file) if section.log_file else None,
    )


def _inbox(broker: Broker) -> MqttInbox:
    account = broker.aggregator_credentials
    link = MqttLink(url=broker.url, client_id=account.client_id, user=account.user, password=account.password)
    return MqttInbox(link, clock=_now, monotonic=time.monotonic, host_session=to_ms(_now()))


def _alarms(
    engine: Engine,
    places: PlacesService,
    identity: IdentityParts,
    teller: Teller,
    meters: Meters,
) -> AlarmParts:
    return build_alarms(
        Surroundings(
            engine=engine,
            places=places,
            agency_name=lambda agency: _agency_name(places, agency),
            log=identity.audit,
            clock=_now,
            tell=teller.alarms_changed,
            measure=meters.wake,
        )
    )


def _agency_name(places: PlacesService, agency: str) -> str | None:
    found = places.everything().agencies.get(agency)
    return None if found is None else found.name


def _check_database(engine: Engine) -> None:
    with reading(engine) as connection:
        connection.execute(text("SELECT 1")).scalar_one()


def _check_ingest(worker: IngestWorker) -> None:
    status = worker.status
    if status.problem or not status.connected:
        raise BrokerError(status.problem or "not connected to the broker")


def _now() -> datetime:
    return datetime.now(tz=UTC)
