"""Builds what tells people: the channels, the thread that delivers, and the services of warnings."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import httpx
from sqlalchemy import Engine

from aggregator.audit.log import AuditLog
from aggregator.config import NoticesSection
from aggregator.errors import ConfigError
from aggregator.notices.addresses import AddressesService, Channels
from aggregator.notices.apprise_channel import AppriseChannel
from aggregator.notices.channel import Channel
from aggregator.notices.delivery import Delivery
from aggregator.notices.outbox import Outbox
from aggregator.notices.pacing import Pace
from aggregator.notices.sealing import read_sealer
from aggregator.notices.warnings_service import Sender, WarningsService
from aggregator.notices.zalo_channel import ZaloChannel
from aggregator.notices.zalo_tokens import TOKEN_FILE, ZaloApp, ZaloTokens
from aggregator.places.service import PlacesService


@dataclass(frozen=True, slots=True)
class NoticesParts:
    """The parts."""

    addresses: AddressesService
    warnings: WarningsService
    title: str


class _Registry:
    """The registry of places as warnings see it."""

    def __init__(self, places: PlacesService) -> None:
        self._places = places

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        return self._places.within(roots, at)

    def path(self, area: str, at: date | None = None) -> tuple[str, ...]:
        return self._places.path(area, at)

    def name_of_area(self, area: str) -> tuple[str, str] | None:
        areas = self._places.everything().areas
        return next(((each.name, each.code) for each in areas if each.id == area), None)


@contextlib.contextmanager
def running_notices(
    engine: Engine,
    places: PlacesService,
    audit: AuditLog,
    *,
    section: NoticesSection,
    data_dir: Path,
    clock: Callable[[], datetime],
) -> Iterator[NoticesParts]:
    """Build the parts and deliver until the block ends; raises OperatorError."""
    with httpx.Client(follow_redirects=False) as client:
        channels = Channels(engine, read_sealer(data_dir), _channels(section, data_dir, client, clock))
        delivery = Delivery(Outbox(engine, places, Pace(section.most_a_minute)), channels, clock)
        sender = Sender(section.sender, section.sender_name)
        delivery.start()
        try:
            yield NoticesParts(
                AddressesService(engine, channels, places, audit, clock),
                WarningsService(engine, _Registry(places), audit, clock, sender),
                section.sender_name,
            )
        finally:
            delivery.stop()


def _channels(
    section: NoticesSection, data_dir: Path, client: httpx.Client, clock: Callable[[], datetime]
) -> dict[str, Channel]:
    found: dict[str, Channel] = {"apprise": AppriseChannel()}
    if section.zalo_app_id:
        try:
            secret = Path(section.zalo_secret_file).read_text("utf-8").strip()
        except OSError as error:
            raise ConfigError(
                f"cannot read notices.zalo_secret_file: {error.strerror}; write the application's "
                "secret key there"
            ) from error
        app = ZaloApp(section.zalo_app_id, secret, section.zalo_api_url, section.zalo_oauth_url)
        found["zalo"] = ZaloChannel(app, ZaloTokens(app, data_dir / TOKEN_FILE, client, clock), client)
    return found
