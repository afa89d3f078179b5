"""Environment: readings of air, weather and water stations, in the bands of VN_AQI for one hour.

A city has dozens of stations, so a reading is drawn as the highest, mean and lowest of those chosen, and
tables tell which station it is.
"""

from typing import Final

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import PanelBuilder, Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select, TagChosen, extremes
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
    least: float | None = 0,
) -> PanelBuilder:
    """Curves of the chosen stations; where all are silent there is a gap and never a zero."""
    queries = extremes(measurement, (_HERE,))
    return panels.curves(Subject(measurement, queries, steps, least=least), size, zones=steps is not at.PLAIN)


def _sections(panels: Panels) -> tuple[Section, ...]:
    rain = Query(
        "rain", (Select("sum"),), (_HERE,), bucket=STEP, by=("site",), alias="$tag_site", fill="none"
    )
    latest = Query("pm25", (Select("last"),), (_HERE,), bucket=None, by=("site",), table=True)
    highest = Query("water_level", (Select("max"),), (_HERE,), bucket=None, by=("site",), table=True)
    return (
        Section(
            "section_air",
            (
                panels.rows(Subject("pm25_latest", (latest,), at.PM25), Size(8, 9)),
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
                _reading(panels, "water_level", _HALF, least=None),
                panels.rows(Subject("water_level_highest", (highest,), least=None), _HALF),
                _reading(panels, "water_ph", _THIRD, least=None),
                _reading(panels, "dissolved_oxygen", _THIRD),
                _reading(panels, "turbidity", _THIRD),
            ),
        ),
    )


ENVIRONMENT: Final = Board("environment", "/console", _variables, _sections, refresh="1m")
