"""Environment: readings of air, weather and water stations, in the bands of VN_AQI for one hour."""

from typing import Final

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import PanelBuilder, Panels, Size, Subject
from provisioning.grafana.targets import AUTO, STEP, Fill, Function, Query, Select, TagChosen
from provisioning.grafana.variables import Variable
from provisioning.grafana.words import Words

_HERE: Final = TagChosen("site", "site")
_HALF: Final = Size(12, 8)
_THIRD: Final = Size(8, 7)


def _variables(words: Words) -> tuple[Variable, ...]:
    kinds = (SiteKind.AIR, SiteKind.WATER)
    return variables.sites(words, kinds, "temperature"), variables.step(words)


def _reading(
    panels: Panels,
    measurement: str,
    size: Size,
    steps: at.Steps = at.PLAIN,
    *,
    function: Function = "mean",
    least: float | None = 0,
) -> PanelBuilder:
    """A curve a station; a station that is silent leaves a gap and is never shown as zero."""
    fill: Fill = "null"
    query = Query(
        measurement, (Select(function),), (_HERE,), bucket=AUTO, by=("site",), alias="$tag_site", fill=fill
    )
    return panels.curves(
        Subject(measurement, (query,), steps, least=least), size, zones=steps is not at.PLAIN
    )


def _sections(panels: Panels) -> tuple[Section, ...]:
    rain = Query(
        "rain", (Select("sum"),), (_HERE,), bucket=STEP, by=("site",), alias="$tag_site", fill="none"
    )
    latest = Query("pm25", (Select("last"),), (_HERE,), bucket=None, by=("site",), alias="$tag_site")
    return (
        Section(
            "section_air",
            (
                panels.ranking(Subject("pm25_latest", (latest,), at.PM25), Size(8, 9)),
                _reading(panels, "pm25", Size(8, 9), at.PM25),
                _reading(panels, "pm10", Size(8, 9), at.PM10),
                _reading(panels, "no2", Size(6, 7), at.NO2),
                _reading(panels, "so2", Size(6, 7), at.SO2),
                _reading(panels, "o3", Size(6, 7), at.O3),
                _reading(panels, "co", Size(6, 7), at.CO),
            ),
        ),
        Section(
            "section_weather",
            (
                _reading(panels, "temperature", _THIRD, least=None),
                _reading(panels, "humidity", _THIRD),
                _reading(panels, "wind_speed", _THIRD),
                _reading(panels, "pressure", _HALF, least=None),
                panels.bars(Subject("rain", (rain,)), _HALF),
            ),
        ),
        Section(
            "section_water",
            (
                _reading(panels, "water_level", _HALF, function="last", least=None),
                _reading(panels, "water_ph", _HALF, least=None),
                _reading(panels, "dissolved_oxygen", _HALF),
                _reading(panels, "turbidity", _HALF),
            ),
        ),
    )


ENVIRONMENT: Final = Board("environment", "/console", _variables, _sections, refresh="1m")
