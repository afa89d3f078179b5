"""Classes and kinds that belong together, and the figures that boards share."""

from typing import Final

from provisioning.grafana.panels import Label
from provisioning.grafana.thresholds import BLUE, GREEN, ORANGE, RED, YELLOW

VEHICLES: Final = ("bicycle", "motorcycle", "car", "bus", "truck")
VIOLATIONS: Final = (
    "red_light_run",
    "stop_line_blocked",
    "wrong_way",
    "parking_confirmed",
    "solid_line_crossed",
    "lane_misused",
    "speeding",
    "no_helmet",
    "pavement_driven",
)
DISORDER: Final = (
    "intruded",
    "loitered",
    "crowd_formed",
    "littered",
    "object_abandoned",
    "smoke_seen",
    "road_flooded",
)
CAMERA_FAULTS: Final = (
    "camera_offline",
    "camera_frozen",
    "camera_dark",
    "camera_blurred",
    "camera_covered",
    "camera_moved",
)

STAGE_LABELS: Final = (
    Label(1, "stage_1", GREEN),
    Label(2, "stage_2", BLUE),
    Label(3, "stage_3", YELLOW),
    Label(4, "stage_4", ORANGE),
    Label(5, "stage_5", RED),
)
CONGESTION_LABELS: Final = (
    Label(0, "congestion_0", GREEN),
    Label(1, "congestion_1", YELLOW),
    Label(2, "congestion_2", ORANGE),
    Label(3, "congestion_3", RED),
)
ONLINE_LABELS: Final = (Label(0, "offline", RED), Label(1, "is_online", GREEN))
CLOCK_LABELS: Final = (Label(0, "clock_0", GREEN), Label(1, "clock_1", YELLOW), Label(2, "clock_2", RED))
