"""Where a colour changes: steps of the panels, each with the source of its figures."""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

GREEN: Final = "#2e7d32"
YELLOW: Final = "#f9a825"
ORANGE: Final = "#ef6c00"
RED: Final = "#c62828"
PURPLE: Final = "#6a1b9a"
MAROON: Final = "#7e0023"
BLUE: Final = "#1565c0"
GREY: Final = "#607d8b"


@dataclass(frozen=True, slots=True)
class Steps:
    """The colour below the first step, and (value, colour) ascending."""

    base: str
    steps: tuple[tuple[float, str], ...] = ()

    def build(self) -> ThresholdsConfig:
        """Steps as Grafana takes them; the first one has no lower bound."""
        return (
            ThresholdsConfig()
            .mode(ThresholdsMode.ABSOLUTE)
            .steps([Threshold(None, self.base), *(Threshold(value, colour) for value, colour in self.steps)])
        )


PLAIN: Final = Steps(BLUE)
ANY_IS_BAD: Final = Steps(GREEN, ((1, RED),))
CITY_STAGE: Final = Steps(GREEN, ((2, BLUE), (3, YELLOW), (4, ORANGE), (5, RED)))
CONGESTION: Final = Steps(GREEN, ((1, YELLOW), (2, ORANGE), (3, RED)))
ALARMS: Final = Steps(GREEN, ((1, YELLOW), (5, ORANGE), (20, RED)))
ALARM_AGE_S: Final = Steps(GREEN, ((900, YELLOW), (3600, ORANGE), (14_400, RED)))
FALSE_PERCENT: Final = Steps(GREEN, ((10, YELLOW), (30, RED)))
REFUSED: Final = Steps(GREEN, ((10, YELLOW), (50, RED)))
CERTIFICATE_DAYS: Final = Steps(RED, ((7, ORANGE), (30, GREEN)))
CROWD: Final = Steps(GREEN, ((30, YELLOW), (60, ORANGE), (100, RED)))
QUEUE: Final = Steps(GREEN, ((8, YELLOW), (15, ORANGE), (25, RED)))
WAIT_S: Final = Steps(GREEN, ((600, YELLOW), (1200, ORANGE), (1800, RED)))
SPEED_KMH: Final = Steps(RED, ((10, ORANGE), (20, YELLOW), (30, GREEN)))
ROAD_QUEUE_M: Final = Steps(GREEN, ((50, YELLOW), (100, ORANGE), (200, RED)))

# VN_AQI of QĐ 1459/QĐ-TCMT: hourly concentrations in µg/m³ at which the band changes.
_AQI: Final = ("#00e400", "#ffff00", "#ff7e00", "#ff0000", "#8f3f97", "#7e0023")


def _aqi(*bounds: float) -> Steps:
    return Steps(_AQI[0], tuple(zip(bounds, _AQI[1:], strict=True)))


PM25: Final = _aqi(25, 50, 80, 150, 250)
PM10: Final = _aqi(50, 150, 250, 350, 420)
NO2: Final = _aqi(100, 200, 700, 1200, 2350)
SO2: Final = _aqi(125, 350, 550, 800, 1600)
O3: Final = _aqi(160, 200, 300, 400, 800)
CO: Final = _aqi(10_000, 30_000, 45_000, 60_000, 90_000)

# A Raspberry Pi slows itself at 80 °C; a frame every 200 ms is the least that counts motorbikes.
NODE_TEMP_C: Final = Steps(GREEN, ((70, YELLOW), (80, RED)))
INFERENCE_MS: Final = Steps(GREEN, ((100, YELLOW), (200, RED)))
OUTBOX_AGE_S: Final = Steps(GREEN, ((60, YELLOW), (600, RED)))
DISK_FREE_MB: Final = Steps(RED, ((512, YELLOW), (2048, GREEN)))
MEMORY_PERCENT: Final = Steps(GREEN, ((80, YELLOW), (92, RED)))
LOAD: Final = Steps(GREEN, ((0.8, YELLOW), (1.5, RED)))
ONLINE_SHARE: Final = Steps(RED, ((0.9, YELLOW), (0.98, GREEN)))
CLOCK: Final = Steps(GREEN, ((1, YELLOW), (2, RED)))
SHARE_PERCENT: Final = Steps(RED, ((60, YELLOW), (80, GREEN)))
CAMERA_FPS: Final = Steps(RED, ((3, YELLOW), (5, GREEN)))
