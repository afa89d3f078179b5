"""The boards, one file each, in the order of the menu."""

from typing import Final

from provisioning.grafana.dashboards.alarms import ALARMS
from provisioning.grafana.dashboards.camera import CAMERA
from provisioning.grafana.dashboards.city import CITY
from provisioning.grafana.dashboards.environment import ENVIRONMENT
from provisioning.grafana.dashboards.fleet_health import FLEET_HEALTH
from provisioning.grafana.dashboards.node import NODE
from provisioning.grafana.dashboards.order import ORDER
from provisioning.grafana.dashboards.places import PLACES
from provisioning.grafana.dashboards.security import SECURITY
from provisioning.grafana.dashboards.traffic import TRAFFIC

BOARDS: Final = (CITY, ALARMS, TRAFFIC, ORDER, PLACES, ENVIRONMENT, FLEET_HEALTH, NODE, CAMERA, SECURITY)
