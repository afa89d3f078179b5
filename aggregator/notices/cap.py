"""Public warnings as OASIS Common Alerting Protocol 1.2. Pure.

Invariants: elements stand in the schema's order; instants carry their offset, never `Z` (CAP 1.2 §3.3.2);
an update or a cancellation names all the messages of its chain that it replaces.
Source: OASIS Standard CAP-v1.2 (1 July 2010), and the ITU-T text X.1303 bis.
"""

import xml.etree.ElementTree as ET  # written, never parsed
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_LOCAL: Final = timezone(timedelta(hours=7))
_LAT: Final = 90.0
_LON: Final = 180.0
_RING: Final = 4


class MsgType(StrEnum):
    """What a message does."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Status(StrEnum):
    """Whether it is meant."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class Category(StrEnum):
    """The field of the event."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class Urgency(StrEnum):
    """How soon to act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How bad it is."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """What is said in one language (`vi-VN`, `en-US`)."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """Around a point, WGS 84."""

    lat: float
    lon: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class CapArea:
    """Where; `polygons` are closed rings of (lat, lon), `geocodes` are official codes of areas."""

    description: str
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A message that this one replaces."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One message."""

    identifier: str
    sender: str
    sender_name: str
    sent: datetime
    status: Status
    msg_type: MsgType
    category: Category
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    effective: datetime
    onset: datetime
    expires: datetime
    texts: tuple[Text, ...]
    areas: tuple[CapArea, ...]
    references: tuple[Reference, ...] = ()
    note: str = ""
    web: str = ""


def faults(alert: Alert) -> list[str]:
    """What is wrong with a message, in words; empty when it may go out."""
    found = []
    if (alert.msg_type is MsgType.ALERT) == bool(alert.references):
        found.append("an update or cancellation names what it replaces, an alert nothing")
    if not alert.texts or not alert.areas:
        found.append("say what it is in one language at least, and where")
    if alert.expires <= alert.effective:
        found.append("expires must be later than effective")
    if any(mark in alert.identifier + alert.sender for mark in " ,<&"):
        found.append("identifier and sender take no space, comma, < or &")
    found += [fault for area in alert.areas for fault in area_faults(area)]
    return found


def area_faults(area: CapArea) -> list[str]:
    """What is wrong with an area."""
    found = []
    for ring in area.polygons:
        if len(ring) < _RING or ring[0] != ring[-1]:
            found.append("a polygon takes four points at least, the last being the first")
        if not all(_on_earth(*point) for point in ring):
            found.append("a polygon's points are latitude, longitude")
    if any(not _on_earth(each.lat, each.lon) or each.radius_km < 0 for each in area.circles):
        found.append("a circle has latitude, longitude, and a radius of 0 km or more")
    return found


def render(alert: Alert) -> str:
    """The XML of a message; raises ValueError for one that has faults."""
    if wrong := faults(alert):
        raise ValueError("; ".join(wrong))
    root = ET.Element("alert", xmlns=NAMESPACE)
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", instant(alert.sent))
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.msg_type)
    _add(root, "scope", "Public")
    if alert.note:
        _add(root, "note", alert.note)
    if alert.references:
        _add(root, "references", _references(alert.references))
    for text in alert.texts:
        _add_info(root, alert, text)
    body = ET.tostring(root, encoding="unicode", short_empty_elements=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def instant(at: datetime) -> str:
    """An instant as CAP writes it, in Vietnam's time."""
    return at.astimezone(_LOCAL).isoformat(timespec="seconds")


def _add_info(root: ET.Element, alert: Alert, text: Text) -> None:
    info = ET.SubElement(root, "info")
    _add(info, "language", text.language)
    _add(info, "category", alert.category)
    _add(info, "event", text.event)
    _add(info, "urgency", alert.urgency)
    _add(info, "severity", alert.severity)
    _add(info, "certainty", alert.certainty)
    _add(info, "effective", instant(alert.effective))
    _add(info, "onset", instant(alert.onset))
    _add(info, "expires", instant(alert.expires))
    _add(info, "senderName", alert.sender_name)
    _add(info, "headline", text.headline)
    _add(info, "description", text.description)
    if text.instruction:
        _add(info, "instruction", text.instruction)
    if alert.web:
        _add(info, "web", alert.web)
    for area in alert.areas:
        _add_area(info, area)


def _add_area(info: ET.Element, area: CapArea) -> None:
    found = ET.SubElement(info, "area")
    _add(found, "areaDesc", area.description)
    for ring in area.polygons:
        _add(found, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in ring))
    for circle in area.circles:
        _add(found, "circle", f"{circle.lat:.6f},{circle.lon:.6f} {circle.radius_km:.3f}")
    for code in area.geocodes:
        geocode = ET.SubElement(found, "geocode")
        _add(geocode, "valueName", "VN-GSO")
        _add(geocode, "value", code)


def _references(found: Sequence[Reference]) -> str:
    return " ".join(f"{each.sender},{each.identifier},{instant(each.sent)}" for each in found)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = str(text)


def _on_earth(lat: float, lon: float) -> bool:
    return -_LAT <= lat <= _LAT and -_LON <= lon <= _LON
