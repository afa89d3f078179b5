"""All scripts by the name of the rule that they are about."""

from collections.abc import Callable
from typing import Final

from staged import scripts_public, scripts_queues, scripts_road, scripts_signal
from staged.stage import Stage
from staged.staging import Staging

Script = Callable[..., Staging]

SCRIPTS: Final[dict[str, Script]] = {
    "red_light": scripts_signal.red_light,
    "stop_line": scripts_signal.stop_line,
    "wrong_way": scripts_signal.wrong_way,
    "solid_line": scripts_signal.solid_line,
    "restricted_lane": scripts_signal.restricted_lane,
    "illegal_parking": scripts_road.illegal_parking,
    "speeding": scripts_road.speeding,
    "pavement": scripts_road.pavement,
    "no_helmet": scripts_road.no_helmet,
    "congestion": scripts_queues.congestion,
    "road_queue": scripts_queues.road_queue,
    "people_queue": scripts_queues.people_queue,
    "line_count": scripts_public.line_count,
    "intrusion": scripts_public.intrusion,
    "loitering": scripts_public.loitering,
    "crowding": scripts_public.crowding,
    "littering": scripts_public.littering,
    "abandoned": scripts_public.abandoned,
    "camera_health": scripts_public.camera_health,
}
VEHICLE_SCRIPTS: Final = frozenset(
    {
        "red_light",
        "stop_line",
        "wrong_way",
        "solid_line",
        "restricted_lane",
        "illegal_parking",
        "speeding",
        "pavement",
        "congestion",
        "road_queue",
    }
)
"""Scripts about vehicles, of whatever class."""


def stage_of(
    name: str, seed: int, band: str, split: str, light: str = "day", *, vehicle: str | None = None
) -> Staging:
    """The staging of a script; `vehicle` replaces the class that the script has by itself."""
    stage = Stage(name, seed, band, split, light)
    return SCRIPTS[name](stage) if vehicle is None else SCRIPTS[name](stage, vehicle)
