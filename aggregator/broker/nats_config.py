"""Configuration of the embedded nats-server, as text.

Invariants: every listener names its address; MQTT users may use nothing but MQTT; nobody has rights under
``$MQTT``, ``$JS`` or ``$SYS``, but for the keeper's three requests about the one queue. Pure.

Why passwords stand in clear in the users file (mode 0600, beside the account list that holds them anyway):
they are 192 random bits each, so a slow hash protects nothing, and it costs where it hurts. Measured, 1,000
users connecting at once on 2 cores: clear 1.2 s, bcrypt cost 4 4.3 s, bcrypt cost 11 180 ms *each*.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aggregator.broker.accounts import Account, AccountList, permissions_of

LOOPBACK: Final = "127.0.0.1"
MESSAGES_STREAM: Final = "$MQTT_msgs"
RETAINED_STREAM: Final = "$MQTT_rmsgs"
KEEPER_INBOX: Final = "_INBOX.keeper"
_MIB: Final = 1024 * 1024
RESERVE_MIB: Final = 1024
"""Room beyond the queue for sessions and retained messages: with the store full nobody can even connect."""
MAX_PAYLOAD_BYTES: Final = 512 * 1024
"""Twice what the codec lets a message have; past it the server cuts the connection."""


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """Where the embedded broker listens and keeps its files; `monitor_path` is a secret of its own."""

    directory: Path
    mqtt_port: int
    client_port: int
    monitor_port: int
    monitor_path: str
    mqtt_host: str = LOOPBACK
    queue_mib: int = 2048

    @property
    def config_path(self) -> Path:
        """The server's configuration."""
        return self.directory / "nats.conf"

    @property
    def users_path(self) -> Path:
        """Users and rights, read again at each SIGHUP."""
        return self.directory / "users.conf"

    @property
    def store_dir(self) -> Path:
        """Sessions, queues and retained messages."""
        return self.directory / "jetstream"

    @property
    def log_path(self) -> Path:
        """The server's log, rotated by the server."""
        return self.directory / "nats.log"

    @property
    def pid_path(self) -> Path:
        """The server's process id, written by the server."""
        return self.directory / "nats.pid"

    @property
    def queue_bytes(self) -> int:
        """Bound of the queue of undelivered messages."""
        return self.queue_mib * _MIB


def render_config(settings: NatsSettings) -> str:
    """Return the text of the server's configuration file."""
    return f"""\
# Written at each start of the aggregator; change its configuration instead.
server_name: matthan
host: "{LOOPBACK}"
port: {settings.client_port}
http: "{LOOPBACK}:{settings.monitor_port}"
http_base_path: "{settings.monitor_path}"
max_payload: {MAX_PAYLOAD_BYTES}
pid_file: {json.dumps(str(settings.pid_path))}
log_file: {json.dumps(str(settings.log_path))}
logfile_size_limit: 16MB
logfile_max_num: 4
logtime_utc: true

jetstream {{
  store_dir: {json.dumps(str(settings.store_dir))}
  max_mem: 64MB
  max_file: {settings.queue_mib + RESERVE_MIB}MB
  # Each node's subscription is a consumer; without this the server refuses thousands of them.
  limits {{ default_max_consumers: 100000 }}
}}

mqtt {{
  host: "{settings.mqtt_host}"
  port: {settings.mqtt_port}
  # The aggregator acknowledges after its commit: enough in flight to fill one, and no repeats meanwhile.
  ack_wait: "5m"
  max_ack_pending: 4096
}}

authorization {{
  timeout: 10
  include "{settings.users_path.name}"
}}
"""


def render_users(accounts: AccountList) -> str:
    """Return the text of the users file: one line a user."""
    lines = ["# Written by the aggregator at each change of an account.", "users: ["]
    lines += [_mqtt_user(account) for account in accounts.in_order()]
    lines += [_keeper(accounts.keeper), "]", ""]
    return "\n".join(lines)


def subjects_of(mqtt_filter: str) -> tuple[str, ...]:
    """Return the NATS subjects of an MQTT filter; ``a/#`` also means ``a`` itself."""
    wildcards = {"+": "*", "#": ">"}
    levels = [wildcards.get(level, level) for level in mqtt_filter.split("/")]
    subject = ".".join(levels)
    return (".".join(levels[:-1]), subject) if levels[-1] == ">" else (subject,)


def _mqtt_user(account: Account) -> str:
    rights = permissions_of(account.user)
    return _user(account, "MQTT", _allowed(rights.publish), _allowed(rights.subscribe))


def _allowed(filters: tuple[str, ...]) -> str:
    subjects = [subject for each in filters for subject in subjects_of(each)]
    if not subjects:
        return '{deny: [">"]}'  # an empty allow list would allow everything
    return f"{{allow: {json.dumps(subjects)}}}"


def _keeper(account: Account) -> str:
    requests = [f"$JS.API.STREAM.{verb}.{MESSAGES_STREAM}" for verb in ("INFO", "CREATE", "UPDATE")]
    return _user(account, "STANDARD", f"{{allow: {json.dumps(requests)}}}", f'{{allow: ["{KEEPER_INBOX}"]}}')


def _user(account: Account, connection_type: str, publish: str, subscribe: str) -> str:
    return (
        f"  {{user: {json.dumps(account.user)}, password: {json.dumps(account.password)},"
        f' allowed_connection_types: ["{connection_type}"],'
        f" permissions: {{publish: {publish}, subscribe: {subscribe}}}}}"
    )
