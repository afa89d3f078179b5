"""The made-up city of the year: sites, nodes, cameras, stations and the series that each of them sends.

Pure; the seed decides. At its own size it has the cameras that the cities published: 15 at junctions, 32 in
health, 51 at public-service counters and 28 others, with 20 air and 8 water stations; `cameras` scales it.
"""

import random
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Final

from fleet.wire.site_kinds import SiteKind, site_id

PUBLISHED_CAMERAS: Final = 126
CAMERAS: Final = {
    SiteKind.TRAFFIC: 15,
    SiteKind.HEALTH: 32,
    SiteKind.COUNTER: 51,
    SiteKind.EDUCATION: 10,
    SiteKind.TOURISM: 8,
    SiteKind.ORDER: 10,
}
STATIONS: Final = {SiteKind.AIR: 20, SiteKind.WATER: 8}
_CAMERAS_A_SITE: Final = 2
MODEL: Final = "ssdlite_mobilenet_v2_coco/int8"


class Curve(IntEnum):
    """Courses over time that series follow; each is about 0 at its least and 1 on a usual busy hour."""

    TRAFFIC = 0
    OFFICE = 1
    HEALTH = 2
    SCHOOL = 3
    TOURISM = 4
    EVENING = 5
    HEAT = 6
    HAZE = 7
    SUN = 8
    RAIN = 9
    WIND = 10
    FLOOD = 11
    TIDE = 12
    FLAT = 13
    CONGESTION = 14
    YEAR = 15


@dataclass(frozen=True, slots=True)
class Series:
    """Value = `least` + `scale` · curve · (1 ± `jitter`); an `hourly` one grows with the period's length."""

    name: str
    source: str
    curve: Curve
    scale: float
    least: float = 0.0
    jitter: float = 0.15
    zone_or_line: str = ""
    class_name: str = ""
    direction: str = ""
    hourly: bool = False
    whole: bool = False
    most: float = 1e9


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of a camera: `rate` an hour when the curve is 1."""

    kind: str
    rule: str
    camera: str
    zone_or_line: str
    class_name: str
    curve: Curve
    rate: float
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedNode:
    """A node of a site, or a station: what it sends each period, and about its own health."""

    node: str
    site: str
    kind: SiteKind
    facts: tuple[Series, ...]
    health: tuple[Series, ...]
    happenings: tuple[Happening, ...]

    def stream(self, of: str) -> bytes:
        """Stream of its rows or of its events: 8 bytes that the node's name decides."""
        return blake2b(f"{self.node}/{of}".encode(), digest_size=8).digest()


def city_of(cameras: int, seed: int) -> tuple[SimulatedNode, ...]:
    """The nodes of a city with so many cameras, in the published proportions."""
    rng = random.Random(seed)  # noqa: S311  a seed, not a secret
    nodes = [node for kind, count in _shares(cameras).items() for node in _camera_nodes(kind, count, rng)]
    stations = max(1.0, cameras / PUBLISHED_CAMERAS) ** 0.5
    for kind, count in STATIONS.items():
        nodes += [_station(kind, number, rng) for number in range(1, round(count * stations) + 1)]
    return tuple(nodes)


def _shares(cameras: int) -> dict[SiteKind, int]:
    """Cameras by kind, in proportion; what rounding leaves over goes to the counters."""
    shares = {kind: cameras * count // PUBLISHED_CAMERAS for kind, count in CAMERAS.items()}
    shares[SiteKind.COUNTER] += cameras - sum(shares.values())
    return shares


def _camera_nodes(kind: SiteKind, cameras: int, rng: random.Random) -> list[SimulatedNode]:
    made = []
    for number, first in enumerate(range(0, cameras, _CAMERAS_A_SITE), start=1):
        sources = [f"cam-{index + 1}" for index in range(min(_CAMERAS_A_SITE, cameras - first))]
        site = site_id(kind, f"{number:03}")
        size = rng.uniform(0.5, 1.6)
        made.append(
            SimulatedNode(
                node=f"box-{site}",
                site=site,
                kind=kind,
                facts=tuple(series for source in sources for series in _seen(kind, source, size)),
                health=_health(sources, rng),
                happenings=tuple(
                    each
                    for source in sources
                    for each in (*_happenings(kind, source, size), *_camera_faults(source))
                ),
            )
        )
    return made


def _seen(kind: SiteKind, camera: str, size: float) -> tuple[Series, ...]:
    match kind:
        case SiteKind.TRAFFIC:
            return _junction(camera, size)
        case SiteKind.COUNTER:
            return (
                _people(camera, Curve.OFFICE, 40 * size),
                Series("queue_people", camera, Curve.OFFICE, 12 * size, jitter=0.4, zone_or_line="queue"),
                Series("wait_time", camera, Curve.OFFICE, 900 * size, jitter=0.4, zone_or_line="queue"),
            )
        case SiteKind.HEALTH:
            return (
                _people(camera, Curve.HEALTH, 120 * size),
                *_visitors(camera, Curve.HEALTH, 120 * size),
                _crowd(camera, Curve.HEALTH, 40 * size),
                Series("queue_people", camera, Curve.HEALTH, 18 * size, jitter=0.4, zone_or_line="queue"),
                Series("wait_time", camera, Curve.HEALTH, 1400 * size, jitter=0.4, zone_or_line="queue"),
            )
        case SiteKind.EDUCATION:
            return (
                _people(camera, Curve.SCHOOL, 400 * size),
                *_visitors(camera, Curve.SCHOOL, 400 * size),
                _crowd(camera, Curve.SCHOOL, 70 * size),
            )
        case SiteKind.TOURISM:
            return (
                _people(camera, Curve.TOURISM, 300 * size),
                *_visitors(camera, Curve.TOURISM, 300 * size),
                _crowd(camera, Curve.TOURISM, 45 * size),
                Series(
                    "occupancy", camera, Curve.TOURISM, 25 * size, zone_or_line="plaza", class_name="person"
                ),
            )
        case _:
            return (
                _crowd(camera, Curve.EVENING, 40 * size),
                Series(
                    "occupancy", camera, Curve.EVENING, 20 * size, zone_or_line="plaza", class_name="person"
                ),
            )


def _people(camera: str, curve: Curve, an_hour: float) -> Series:
    return Series(
        "flow", camera, curve, an_hour, 0, 0.2, "entrance", "person", "forward", hourly=True, whole=True
    )


def _visitors(camera: str, curve: Curve, an_hour: float) -> tuple[Series, ...]:
    def counted(name: str) -> Series:
        return Series(name, camera, curve, an_hour, 0, 0.2, "entrance", hourly=True, whole=True)

    inside = Series("visitors_inside", camera, curve, 0.6 * an_hour, 0, 0.3, "entrance", whole=True)
    return counted("visitors_in"), counted("visitors_out"), inside


def _crowd(camera: str, curve: Curve, most: float) -> Series:
    return Series(
        "occupancy_max", camera, curve, most, 0, 0.35, zone_or_line="plaza", class_name="person", whole=True
    )


def _junction(camera: str, size: float) -> tuple[Series, ...]:
    def flow(class_name: str, an_hour: float) -> Series:
        return Series(
            "flow", camera, Curve.TRAFFIC, an_hour * size, 0, 0.15, "gate", class_name, "forward", True, True
        )

    return (
        flow("motorcycle", 1800),
        flow("car", 420),
        flow("truck", 60),
        Series("speed", camera, Curve.TRAFFIC, -24, 42, 0.1, "lane-1", "motorcycle", "forward"),
        Series("congestion", camera, Curve.CONGESTION, 2.2 * size, -0.7, 0.3, "lane-1", whole=True, most=3),
        Series("occupancy_max", camera, Curve.TRAFFIC, 30 * size, 0, 0.3, "lane-1", "motorcycle", whole=True),
        Series("queue_length", camera, Curve.TRAFFIC, 90 * size, 0, 0.5, "stop-line"),
    )


def _health(cameras: list[str], rng: random.Random) -> tuple[Series, ...]:
    slow = rng.uniform(0.8, 1.5)
    frames = tuple(Series("camera_fps", camera, Curve.FLAT, 10 / slow, 0, 0.05) for camera in cameras)
    looked = tuple(each for camera in cameras for each in _looked_at(camera, slow))
    speed = tuple(
        Series("inference_p95", camera, Curve.HEAT, 18 * slow, 34 * slow, 0.2) for camera in cameras
    )
    return (
        *frames,
        *speed,
        *looked,
        Series("node_cpu_temp", "node", Curve.HEAT, 17 * slow, 44, 0.15),
        Series("node_load", "node", Curve.FLAT, 0.45 * slow, 0, 0.2),
        Series("node_mem_used", "node", Curve.FLAT, 46, 0, 0.08, most=100),
        Series("node_disk_free", "node", Curve.YEAR, -9000 * slow, 21_000, 0.02),
        Series("node_model", "node", Curve.FLAT, 1, 0, 0.0, class_name=MODEL),
    )


def _looked_at(camera: str, slow: float) -> tuple[Series, ...]:
    def fate(name: str, an_hour: float) -> Series:
        return Series(
            "camera_frames", camera, Curve.FLAT, an_hour, 0, 0.1, class_name=name, hourly=True, whole=True
        )

    return (
        Series("camera_share", camera, Curve.FLAT, 102 - 4 * slow, 0, 0.02, most=100),
        fate("detected", 24_000 / slow),
        fate("gate_closed", 9_000 / slow),
        fate("over_budget", 700 * slow),
        Series(
            "rules_suppressed",
            camera,
            Curve.FLAT,
            40 * slow,
            0,
            0.9,
            class_name="signal_unknown",
            hourly=True,
        ),
    )


def _happenings(kind: SiteKind, camera: str, size: float) -> tuple[Happening, ...]:
    match kind:
        case SiteKind.TRAFFIC:
            return (
                Happening(
                    "red_light_run", "red-light", camera, "stop-line", "motorcycle", Curve.TRAFFIC, 0.5 * size
                ),
                Happening("wrong_way", "one-way", camera, "lane-1", "motorcycle", Curve.TRAFFIC, 0.2 * size),
                Happening("no_helmet", "helmet", camera, "gate", "motorcycle", Curve.TRAFFIC, 0.6 * size),
                Happening(
                    "parking_confirmed", "no-stop", camera, "kerb", "car", Curve.TRAFFIC, 0.15 * size, 420
                ),
                Happening(
                    "pavement_driven", "pavement", camera, "pavement", "motorcycle", Curve.TRAFFIC, 0.1 * size
                ),
            )
        case SiteKind.ORDER:
            return (
                Happening("loitered", "dwell", camera, "plaza", "person", Curve.EVENING, 0.5 * size, 140),
                Happening("intruded", "fence", camera, "fence", "person", Curve.EVENING, 0.04 * size),
                Happening("littered", "litter", camera, "plaza", "person", Curve.EVENING, 0.06 * size),
            )
        case SiteKind.TOURISM:
            return (
                Happening(
                    "crowd_formed", "crowd", camera, "plaza", "person", Curve.TOURISM, 0.08 * size, 900
                ),
                Happening("littered", "litter", camera, "plaza", "person", Curve.TOURISM, 0.08 * size),
            )
        case _:
            return ()


def _camera_faults(camera: str) -> tuple[Happening, ...]:
    """Faults of a camera, most of them in rain and wind."""
    return (
        Happening("camera_offline", "camera-health", camera, "", "", Curve.WIND, 0.008),
        Happening("camera_blurred", "camera-health", camera, "", "", Curve.RAIN, 0.02),
        Happening("camera_covered", "camera-health", camera, "", "", Curve.FLAT, 0.0005),
    )


def _station(kind: SiteKind, number: int, rng: random.Random) -> SimulatedNode:
    site = site_id(kind, f"{number:03}")
    dirty = rng.uniform(0.7, 1.5)
    facts = _air(dirty) if kind is SiteKind.AIR else _water(dirty)
    return SimulatedNode(f"box-{site}", site, kind, facts, (), ())


def _air(dirty: float) -> tuple[Series, ...]:
    return (
        Series("pm25", "sds011", Curve.HAZE, 45 * dirty, 6, 0.25),
        Series("pm10", "sds011", Curve.HAZE, 70 * dirty, 12, 0.25),
        Series("no2", "gas-1", Curve.TRAFFIC, 60 * dirty, 8, 0.2),
        Series("so2", "gas-2", Curve.HAZE, 25 * dirty, 4, 0.2),
        Series("o3", "gas-3", Curve.SUN, 110, 15, 0.15),
        Series("co", "gas-4", Curve.TRAFFIC, 2400 * dirty, 300, 0.2),
        Series("temperature", "bme280", Curve.HEAT, 14, 19, 0.06),
        Series("humidity", "bme280", Curve.HEAT, -35, 92, 0.06, most=100),
        Series("pressure", "bme280", Curve.WIND, -9, 1012, 0.05),
        Series("wind_speed", "wind", Curve.WIND, 12, 0.4, 0.4),
        Series("rain", "gauge", Curve.RAIN, 14, 0, 0.6, hourly=True),
    )


def _water(dirty: float) -> tuple[Series, ...]:
    return (
        Series("water_level", "level", Curve.FLOOD, 2.6, 0.7, 0.03),
        Series("water_ph", "probe", Curve.TIDE, 0.5, 6.9, 0.2),
        Series("dissolved_oxygen", "probe", Curve.HEAT, -2.2, 7.2, 0.1),
        Series("turbidity", "probe", Curve.FLOOD, 120 * dirty, 6, 0.3),
        Series("rain", "gauge", Curve.RAIN, 14, 0, 0.6, hourly=True),
    )
