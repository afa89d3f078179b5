"""What reports are about: 14 fields, categories within them, and how each is treated. Pure.

A *sensitive* category is public with a coarse place; a *restricted* one is seen by those alone who may see
such reports, and is never public. Terms are ours (defaults) and a city changes them.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aggregator.reports.clocks import ClockKind, Term

_COARSE_DEG: Final = 0.01
"""About a kilometre."""


class Field(StrEnum):
    """Fields of work (reference §5)."""

    SCIENCE_TECHNOLOGY = "science-technology"
    INFORMATION_COMMUNICATIONS = "information-communications"
    URBAN = "urban"
    TRANSPORT = "transport"
    ENVIRONMENT = "environment"
    SECURITY_ORDER = "security-order"
    ELECTRICITY = "electricity"
    EDUCATION = "education"
    AGRICULTURE = "agriculture"
    RURAL = "rural"
    WATER_RESOURCES = "water-resources"
    MARKET_CONTROL = "market-control"
    HEALTH = "health"
    TOURISM = "tourism"


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of report.

    Attributes:
        id: slug, what routes of the registry of places call it.
        field: of work.
        vi: name.
        en: name.
        answer: how long the city may take, from the moment the report came in until it is answered.
        handle: how long the agency may take, from the moment it was given the case.
        restricted: seen by those alone who may see such reports; never public.
        sensitive: public with a coarse place and without pictures.
        anonymous: whether it may be sent without saying who one is.
        active: whether new reports may be of it.
    """

    id: str
    field: Field
    vi: str
    en: str
    answer: Term
    handle: Term
    restricted: bool = False
    sensitive: bool = False
    anonymous: bool = True
    active: bool = True

    @property
    def is_public(self) -> bool:
        """Whether reports of it may be shown to everybody once they are answered."""
        return not self.restricted


def coarse(lat: float, lon: float) -> tuple[float, float]:
    """The middle of the grid cell in which a place lies: always the same, so that nothing averages out."""
    return _middle(lat), _middle(lon)


def _middle(degrees: float) -> float:
    return round((math.floor(degrees / _COARSE_DEG) + 0.5) * _COARSE_DEG, 3)


def _timed(days: float) -> Term:
    return Term(ClockKind.TIMED, round(days * 450))


def _at_once(hours: float) -> Term:
    return Term(ClockKind.IMMEDIATE, round(hours * 60))


def _slow(id_: str, field: Field, vi: str, en: str, *, answer: float = 7, handle: float = 5) -> Category:
    return Category(id_, field, vi, en, _timed(answer), _timed(handle))


def _fast(id_: str, field: Field, vi: str, en: str, *, answer: float, handle: float) -> Category:
    return Category(id_, field, vi, en, _at_once(answer), _at_once(handle))


def _restricted(id_: str, field: Field, vi: str, en: str) -> Category:
    return Category(id_, field, vi, en, _timed(10), _timed(7), restricted=True, anonymous=False)


DEFAULTS: Final = (
    _slow("digital-service", Field.SCIENCE_TECHNOLOGY, "Dịch vụ số, khoa học công nghệ", "Digital services"),
    _slow("telecom", Field.INFORMATION_COMMUNICATIONS, "Viễn thông, dây cáp", "Telecom and cables"),
    _slow("false-news", Field.INFORMATION_COMMUNICATIONS, "Tin sai sự thật", "False information"),
    _slow("pavement", Field.URBAN, "Lấn chiếm vỉa hè, lòng đường", "Pavement taken up"),
    _slow("illegal-building", Field.URBAN, "Xây dựng trái phép", "Illegal building", answer=10, handle=7),
    _slow("street-tree", Field.URBAN, "Cây xanh đô thị", "Street trees"),
    _slow("pothole", Field.TRANSPORT, "Đường hư hỏng", "Damaged road"),
    _slow("traffic-sign", Field.TRANSPORT, "Biển báo, đèn tín hiệu", "Signs and signals", answer=3, handle=2),
    _fast("traffic-jam", Field.TRANSPORT, "Ùn tắc giao thông", "Traffic jam", answer=4, handle=2),
    _slow("waste", Field.ENVIRONMENT, "Rác thải", "Waste", answer=3, handle=2),
    _slow("pollution", Field.ENVIRONMENT, "Ô nhiễm không khí, nguồn nước", "Pollution"),
    Category(
        "noise",
        Field.ENVIRONMENT,
        "Tiếng ồn",
        "Noise",
        _at_once(24),
        _at_once(12),
        sensitive=True,
    ),
    Category(
        "public-order",
        Field.SECURITY_ORDER,
        "An ninh trật tự",
        "Security and order",
        _at_once(24),
        _at_once(12),
        sensitive=True,
    ),
    _fast("power-cut", Field.ELECTRICITY, "Mất điện", "Power cut", answer=8, handle=4),
    _slow("street-light", Field.ELECTRICITY, "Đèn chiếu sáng", "Street lighting", answer=3, handle=2),
    _slow("school", Field.EDUCATION, "Trường học", "Schools"),
    _slow("crops-livestock", Field.AGRICULTURE, "Trồng trọt, chăn nuôi", "Crops and livestock"),
    _slow("rural-works", Field.RURAL, "Hạ tầng nông thôn", "Rural works"),
    _fast("flooding", Field.WATER_RESOURCES, "Ngập úng", "Flooding", answer=8, handle=4),
    _slow("water-supply", Field.WATER_RESOURCES, "Cấp nước", "Water supply", answer=3, handle=2),
    _slow("price-quality", Field.MARKET_CONTROL, "Giá cả, hàng giả", "Prices and counterfeits"),
    _slow("food-safety", Field.HEALTH, "An toàn thực phẩm", "Food safety", answer=3, handle=2),
    Category(
        "clinic",
        Field.HEALTH,
        "Khám chữa bệnh",
        "Clinics and hospitals",
        _timed(7),
        _timed(5),
        sensitive=True,
    ),
    _slow("tourist-trouble", Field.TOURISM, "Chèo kéo, chặt chém du khách", "Trouble for visitors"),
    _restricted(
        "officer-conduct", Field.INFORMATION_COMMUNICATIONS, "Thái độ cán bộ, công chức", "Officer conduct"
    ),
    _restricted("late-file", Field.INFORMATION_COMMUNICATIONS, "Hồ sơ trễ hạn", "Late file"),
)
"""What a city begins with."""
