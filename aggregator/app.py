"""Composition root: builds the parts, joins them, serves; and the command `aggregator`.

Nothing here decides anything: parts get what they need by their constructors, the HTTP application
is a function of them (`create_app`), and whatever was started is stopped in reverse order.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from fastapi import FastAPI

from aggregator.alarms.endpoints import alarms_router
from aggregator.alarms.rules_endpoints import rules_router
from aggregator.alarms.stage_endpoints import stage_router
from aggregator.audit_commands import add_audit_commands, run_audit
from aggregator.broker.endpoints import broker_router
from aggregator.config import Config, LimitsSection, load_config
from aggregator.console.boards import boards_router, read_boards
from aggregator.console.catalogue import load_catalogues
from aggregator.console.endpoints import console_router
from aggregator.console.ground import BARE, Ground, ground_router, read_ground
from aggregator.console.menu import Menu
from aggregator.console.pages import Pages, load_assets
from aggregator.console.password import password_router
from aggregator.console.sign_on import sign_on_router
from aggregator.console.work_pages import work_router
from aggregator.errors import AggregatorError, ConfigError
from aggregator.events.endpoints import events_router
from aggregator.first_start import KEY_FILE, keep_first_login, make_data_dir
from aggregator.health import health_router
from aggregator.http_server import HttpServer, listen
from aggregator.identity.audit_endpoints import audit_router
from aggregator.identity.keys_endpoints import keys_router
from aggregator.identity.me_endpoints import me_router
from aggregator.identity.users_endpoints import users_router
from aggregator.identity_parts import identity_of
from aggregator.key_commands import add_key_command, make_key
from aggregator.live.endpoints import live_router
from aggregator.measurements.endpoints import measurements_router
from aggregator.nodes.endpoints import nodes_router
from aggregator.notices.endpoints import notices_router
from aggregator.notices.public_endpoints import public_router
from aggregator.parts import Parts, connect
from aggregator.places.endpoints import places_router
from aggregator.query.endpoints import query_router
from aggregator.reports.desk_endpoints import desk_router
from aggregator.reports.intake_endpoints import intake_router
from aggregator.reports.media_endpoints import media_router
from aggregator.reports.open311_endpoints import open311_router
from aggregator.reports.staff_endpoints import staff_router
from aggregator.sign_on_commands import add_sign_on_commands, print_sign_on
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations.upgrade import upgrade
from aggregator.streams.endpoints import streams_router
from aggregator.timeseries.endpoints import timeseries_router
from aggregator.timeseries_commands import add_timeseries_commands, run_timeseries
from aggregator.timeseries_opening import now_utc
from aggregator.web.api import Api
from aggregator.web.limits import Limits
from aggregator.web.problems import install_problems
from aggregator.web.rates import Rate, Rates

_log = logging.getLogger(__name__)
_FAILED: Final = 1
_MISUSED: Final = 2
_DESCRIPTION: Final = """\
Facts of the edge nodes, as stored: events, measurements, and the account of both.

Send an API key as `Authorization: Bearer …` or `X-API-Key`. Errors are RFC 9457 problems
(`application/problem+json`) whose `code` is stable. Listings take `limit` and `cursor` and give
`next_cursor`. Instants are ISO 8601 with their offset; answers are in UTC.
"""


def create_app(
    parts: Parts,
    *,
    secure_cookies: bool = False,
    limits: LimitsSection | None = None,
    ground: Ground = BARE,
) -> FastAPI:
    """The HTTP application over running parts; without `limits` those of an empty configuration."""
    limits = limits or LimitsSection()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with parts.in_event_loop():
            yield

    app = Api(
        title="matthan aggregator",
        version=parts.version,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(
        Rates,
        known=Rate(limits.known_per_s, limits.known_burst),
        unknown=Rate(limits.unknown_per_s, limits.unknown_burst),
    )
    app.add_middleware(Limits, images_from=ground.image_origin)
    install_problems(app)
    app.add_slice(health_router(parts.checks))
    _add_facts(app, parts)
    _add_alarms(app, parts)
    _add_identity(app, parts, secure_cookies=secure_cookies)
    _add_notices(app, parts)
    _add_reports(app, parts)
    sign_on = parts.people.sign_on
    pages = Pages(load_catalogues(), load_assets(), sign_on=None if sign_on is None else sign_on.label)
    if sign_on is not None:
        app.add_slice(sign_on_router(pages, load_catalogues(), sign_on, secure_cookies=secure_cookies))
    app.add_slice(
        password_router(
            pages, load_catalogues(), parts.people.accounts, parts.guard, secure_cookies=secure_cookies
        )
    )
    menu = Menu(app.served)  # no router of the API comes after this line
    app.add_slice(boards_router(read_boards(), pages, parts.guard, menu, secure_cookies=secure_cookies))
    app.add_slice(
        console_router(
            parts.console, parts.people.identity, parts.guard, menu, pages, secure_cookies=secure_cookies
        )
    )
    app.add_slice(ground_router(ground, parts.guard))
    app.add_slice(work_router(menu, pages, parts.guard, secure_cookies=secure_cookies))
    return app


def _add_facts(app: Api, parts: Parts) -> None:
    app.add_slice(nodes_router(parts.nodes, parts.guard))
    app.add_slice(events_router(parts.events, parts.guard))
    app.add_slice(measurements_router(parts.measurements, parts.guard))
    app.add_slice(query_router(parts.query, parts.guard))
    app.add_slice(timeseries_router(parts.timeseries, parts.guard))
    app.add_slice(streams_router(parts.streams, parts.guard))
    app.add_slice(broker_router(parts.broker, parts.guard))
    app.add_slice(live_router(parts.hub, parts.guard, parts.nodes.ids_on, parts.alarms.service.seen_by))


def _add_alarms(app: Api, parts: Parts) -> None:
    alarms, guard, once = parts.alarms, parts.guard, parts.people.idempotency
    app.add_slice(alarms_router(alarms, guard, once, now_utc))
    app.add_slice(rules_router(alarms.rules, guard, once))
    app.add_slice(stage_router(alarms.stage, guard, once))


def _add_identity(app: Api, parts: Parts, *, secure_cookies: bool) -> None:
    people, guard = parts.people, parts.guard
    app.add_slice(me_router(people.accounts, guard, secure_cookies=secure_cookies))
    app.add_slice(users_router(people.accounts, guard, people.idempotency))
    app.add_slice(keys_router(people.keys, guard, people.idempotency))
    app.add_slice(audit_router(people.audit, guard))
    app.add_slice(places_router(parts.places, guard, people.audit, now_utc))


def _add_notices(app: Api, parts: Parts) -> None:
    notices = parts.notices
    app.add_slice(notices_router(notices.addresses, notices.warnings, parts.guard, parts.people.idempotency))
    app.add_slice(public_router(notices.warnings, notices.title))


def _add_reports(app: Api, parts: Parts) -> None:
    reports, guard, once = parts.reports, parts.guard, parts.people.idempotency
    app.add_slice(intake_router(reports))
    app.add_slice(desk_router(reports, guard, once))
    app.add_slice(staff_router(reports, guard, once))
    app.add_slice(media_router(reports, guard))
    app.add_slice(open311_router(parts.open311))


def serve(config: Config) -> None:
    """Everything in one process, until SIGTERM or SIGINT."""
    make_data_dir(config.data_dir)
    ground = read_ground(config.map.basemap, config.map.tiles, config.map.attribution)
    with listen(config.server.host, config.server.port) as listening, connect(config) as parts:
        host, port = listening.getsockname()[:2]
        url = f"http://{host}:{port}"
        login = parts.people.identity.propose_first_login()
        if login is not None:
            keep_first_login(login, config.data_dir, f"{url}/")
            parts.people.identity.accept_first_login(login)
        ready = {
            "ready": True,
            "http": url,
            "broker": parts.broker.url,
            "api_key_file": str((config.data_dir / KEY_FILE).absolute()),
        }
        server = HttpServer(
            create_app(
                parts, secure_cookies=config.server.secure_cookies, limits=config.limits, ground=ground
            ),
            on_ready=lambda: _say(ready),
            on_stop=parts.hub.close,
            trusted_proxies=config.server.trusted_proxies,
        )
        server.run([listening])


def migrate(config: Config) -> None:
    """Bring the relational store's schema up to date."""
    make_data_dir(config.data_dir)
    engine = make_engine(config.database_url)
    try:
        revision = upgrade(engine)
    finally:
        engine.dispose()
    _say({"schema": revision})


def ingest(config: Config) -> None:
    """Refuse: `serve` has the broker and ingests from it."""
    if config.timeseries.kind == "duckdb":
        raise ConfigError(
            'timeseries.kind = "duckdb" is a file that one process owns, and '
            "`aggregator serve` ingests into it already: run `aggregator serve` alone"
        )
    raise ConfigError("`aggregator serve` ingests already: run `aggregator serve` alone")


def reset_password(config: Config, user: str) -> None:
    """Give a console user a new password and print it."""
    with identity_of(config) as found:
        password = found.accounts.reset_password_of(user)
    _say({"user": user, "password": password})


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `aggregator`."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=options.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("alembic", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _leave)
    os.umask(0o077)  # databases, broker files and secrets are this user's alone
    try:
        _run(options, load_config(options.config))
    except AggregatorError as error:
        sys.stderr.write(f"aggregator: {error}\n")
        return _MISUSED if isinstance(error, ConfigError) else _FAILED
    except KeyboardInterrupt:
        return 0
    return 0


def _run(options: argparse.Namespace, config: Config) -> None:
    match options.command:
        case "serve":
            serve(config)
        case "ingest":
            ingest(config)
        case "migrate":
            migrate(config)
        case "timeseries":
            run_timeseries(options, config, _say)
        case "audit":
            run_audit(options, config, _say)
        case "sign-on":
            print_sign_on(options, config)
        case "key":
            make_key(options, config, _say)
        case _:
            reset_password(config, options.user)


def _say(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End a start that is not finished: what it started is stopped on the way out."""
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aggregator", description="The server behind the operations centre."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="F", help="TOML file; without it, data goes to ./var")
    common.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", parents=[common], help="everything in one process")
    commands.add_parser("ingest", parents=[common], help="an ingest worker of its own")
    commands.add_parser("migrate", parents=[common], help="bring the database's schema up to date")
    add_timeseries_commands(commands, common)
    add_key_command(commands, common)
    add_audit_commands(commands, common)
    add_sign_on_commands(commands, common)
    password = commands.add_parser("password", parents=[common], help="give a console user a new password")
    password.add_argument("user")
    return parser


if __name__ == "__main__":
    sys.exit(main())
