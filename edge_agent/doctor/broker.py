"""Whether the broker lets this node in with the credentials of its configuration."""

import secrets
from pathlib import Path

from edge_agent.doctor.finding import Finding
from edge_agent.doctor.mqtt_probe import probe_broker
from edge_agent.uplink.endpoint import endpoint_of
from edge_agent.uplink.errors import EndpointError
from fleet.wire.node_config import NodeConfig

_STEP_TIMEOUT_S = 4.0


def broker(config: NodeConfig) -> Finding:
    """Connect as the node, and leave again."""
    password = ""
    if config.broker.password_file:
        try:
            password = Path(config.broker.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            values = {"file": config.broker.password_file, "detail": str(error)}
            return Finding("BROKER", "no_password_file", values=values)
    try:
        endpoint = endpoint_of(config, password)
    except EndpointError as error:
        return Finding("BROKER", "bad_address", values={"detail": str(error)})
    outcome = probe_broker(endpoint, f"doctor-{secrets.token_hex(8)}", _STEP_TIMEOUT_S)
    values = {"broker": endpoint.label, "user": endpoint.user, "ca": endpoint.ca or "the system's"}
    return Finding("BROKER", outcome, values=values)
